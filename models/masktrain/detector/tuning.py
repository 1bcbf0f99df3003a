"""From a checkpoint to the file that ships: framing and threshold are chosen on val."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from masktrain.detector.card import DetectorCard
from masktrain.detector.finders import Finds, own_finder
from masktrain.detector.graph import export_detector
from masktrain.detector.measure import DetectionFigures, Scene, choose_threshold, detection_figures, look
from masktrain.detector.training import read_detector

_THRESHOLDS: tuple[float, ...] = tuple(np.arange(0.15, 0.81, 0.01).round(2).tolist())
_GROWTHS: tuple[float, ...] = tuple(np.arange(1.0, 1.31, 0.02).round(2).tolist())
_MOST_LOST = 0.005
"""Share of val's faces that wider boxes may cost. Annotators differ in how much of a head they box;
the widest boxes that still meet val's serve those who box more than val's did."""


def export_tuned(checkpoint: Path, data: Path, out: Path, version: str, longest_side: int) -> DetectorCard:
    """Write the detector with the framing and threshold that are best on val.

    Parameters
    ----------
    checkpoint : Path
        Of a training.
    data : Path
        Folder with ``scenes.csv``.
    out : Path
        The ONNX file to write.
    version : str
        Of the detector.
    longest_side : int
        Pixels to which larger pictures are scaled, inside the graph.

    Returns
    -------
    DetectorCard
        As embedded.
    """
    network = read_detector(checkpoint)
    plain = DetectorCard(version=version, longest_side=longest_side)
    with TemporaryDirectory() as folder:
        draft = Path(folder, "draft.onnx")
        export_detector(network, plain, draft)
        scenes = look(data, "val", {"own": own_finder(draft)[0]})["own"]
    threshold = choose_threshold(scenes, _THRESHOLDS)
    growth = _widest(scenes, threshold)
    framed = [grown(scene, growth) for scene in scenes]
    threshold = choose_threshold(framed, _THRESHOLDS)
    card = plain.model_copy(
        update={
            "threshold": threshold,
            "framing": (growth, growth),
            "metrics": _metrics(detection_figures(framed, threshold)),
        }
    )
    export_detector(network, card, out)
    return card


def _metrics(figures: DetectionFigures) -> dict[str, float]:
    """Return val's figures for the card inside the file."""
    metrics = {
        f"val_recall_{label}": round(part.value, 4) for label, part in figures.recall.items() if part.count
    }
    return {**metrics, "val_false_per_scene": round(figures.false_per_scene, 4)}


def grown(scene: Scene, factor: float) -> Scene:
    """Return a scene whose finds are wider and higher by a factor, about their middles."""
    boxes = scene.finds.boxes
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * factor
    return Scene(
        scene.path, scene.boxes, Finds(np.concatenate([middle - half, middle + half], 1), scene.finds.scores)
    )


def _widest(scenes: list[Scene], threshold: float) -> float:
    """Return the largest factor that costs no more than `_MOST_LOST` of the faces."""

    def recall(factor: float) -> float:
        figures = detection_figures([grown(scene, factor) for scene in scenes], threshold)
        asked = sum(part.count for part in figures.recall.values())
        found = sum(part.value * part.count for part in figures.recall.values() if part.count)
        return found / max(1, asked)

    base = recall(1.0)
    kept = [factor for factor in _GROWTHS if recall(factor) >= base - _MOST_LOST]
    return max(kept)
