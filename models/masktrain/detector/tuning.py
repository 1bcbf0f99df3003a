"""From a checkpoint to the file that ships: framing and threshold are chosen on val."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from masktrain.detector.card import DetectorCard
from masktrain.detector.finders import own_finder
from masktrain.detector.graph import export_detector
from masktrain.detector.measure import DetectionFigures, Scene, choose_threshold, detection_figures, look
from masktrain.detector.training import read_detector
from masktrain.geometry import Box

_THRESHOLDS: tuple[float, ...] = tuple(np.arange(0.15, 0.81, 0.01).round(2).tolist())
_GROWTHS: tuple[float, ...] = tuple(np.arange(1.0, 1.31, 0.02).round(2).tolist())
_AS_GOOD = 0.005
"""Share of the finds by which two framings may differ and count as equally good."""
# A head with its hair over its face from forehead to chin: wider on both sides, higher, and most of
# that above: the medians of 1,000 heads that the test source's annotators boxed, against YuNet's boxes,
# measured once by hand.
_HEAD_SIDE, _HEAD_TOP, _HEAD_BOTTOM = 0.15, 0.16, 0.04


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
    framing = choose_framing(scenes, choose_threshold(scenes, _THRESHOLDS))
    framed = [grown(scene, framing) for scene in scenes]
    threshold = choose_threshold([*framed, *map(boxed_as_heads, framed)], _THRESHOLDS)
    card = plain.model_copy(
        update={
            "threshold": threshold,
            "framing": framing,
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


def choose_framing(scenes: Sequence[Scene], threshold: float) -> tuple[float, float]:
    """Return the factors of width and height at which most faces are found, however they are boxed.

    Some annotators box faces, others whole heads, and a box that fits one kind perfectly misses many
    of the other. Val holds faces; it is asked for twice, as it is and with its boxes made heads. Of
    all factors as good as the best the middle is taken: which of them is the best is chance.
    """
    heads = [boxed_as_heads(scene) for scene in scenes]

    def found(framing: tuple[float, float]) -> float:
        figures = (
            detection_figures([grown(scene, framing) for scene in boxed], threshold)
            for boxed in (scenes, heads)
        )
        return sum(part.value * part.count for of in figures for part in of.recall.values() if part.count)

    counts = {(wide, high): found((wide, high)) for wide in _GROWTHS for high in _GROWTHS}
    best = [framing for framing, count in counts.items() if count >= (1.0 - _AS_GOOD) * max(counts.values())]
    wide, high = np.mean(best, axis=0).round(2).tolist()
    return wide, high


def grown(scene: Scene, framing: tuple[float, float]) -> Scene:
    """Return a scene whose finds are wider and higher by two factors, about their middles."""
    boxes = scene.finds.boxes
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * framing
    return replace(scene, finds=scene.finds._replace(boxes=np.concatenate([middle - half, middle + half], 1)))


def boxed_as_heads(scene: Scene) -> Scene:
    """Return a scene as if its annotators had boxed whole heads, not faces."""
    return replace(scene, boxes=[replace(known, box=_head(known.box)) for known in scene.boxes])


def _head(face: Box) -> Box:
    x1, y1, x2, y2 = face
    side, height = _HEAD_SIDE * (x2 - x1), y2 - y1
    return (x1 - side, y1 - _HEAD_TOP * height, x2 + side, y2 + _HEAD_BOTTOM * height)
