"""Measures the detectors side by side on the same photographs, in one run, on one thread."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from maskservice.modelcard import Label
from masktrain.dataset.samples import Split, load_picture
from masktrain.dataset.scenes import scene_paths
from masktrain.detector.agreement import Agreement, landmark_agreement
from masktrain.detector.card import DetectorCard
from masktrain.detector.finders import Finder, Rgb, haar_finder, own_finder, yunet_finder
from masktrain.detector.measure import DetectionFigures, detection_figures, look
from masktrain.detector.verdicts import VerdictFigures, verdict_figures
from masktrain.release.export import read_card
from masktrain.release.latency import Milliseconds, time_in_turn

SPLITS: tuple[Split, ...] = ("val", "test")
OWN, HAAR, YUNET = "maskcheck", "haar", "yunet"
_FRAME = 640
_CAMERA = (1280, 720)


@dataclass(frozen=True)
class Row:
    """One detector at one threshold on one split."""

    detector: str
    threshold: float | None
    split: Split
    found: DetectionFigures
    verdicts: VerdictFigures

    @property
    def title(self) -> str:
        """What the row is called."""
        return self.detector if self.threshold is None else f"{self.detector}, score {self.threshold:g}"


@dataclass(frozen=True)
class Comparison:
    """All that `compare` measures.

    Attributes
    ----------
    detector : Path
        The file measured.
    card : DetectorCard
        Its card.
    rows : list of Row
        Detectors by split.
    landmarks : dict of str to dict
        By split and label, how far the project's landmarks lie from YuNet's; empty without YuNet.
    frame_ms : dict of str to ndarray
        Milliseconds per photograph scaled to 640 px, by detector, the same rounds.
    camera_ms : ndarray
        Milliseconds of the project's detector per frame of 1280 x 720.
    """

    detector: Path
    card: DetectorCard
    rows: list[Row]
    landmarks: dict[Split, dict[Label, Agreement]]
    frame_ms: dict[str, Milliseconds]
    camera_ms: Milliseconds

    def row(self, detector: str, split: Split, threshold: float | None = None) -> Row | None:
        """Return one row, if it was measured."""
        for row in self.rows:
            if (row.detector, row.split) == (detector, split) and threshold in (None, row.threshold):
                return row
        return None


def compare(
    data: Path, detector: Path, model: Path, yunet: Path | None = None, rounds: int = 25
) -> Comparison:
    """Measure the project's detector, Haar and, where its file is at hand, YuNet.

    Parameters
    ----------
    data : Path
        Folder with ``scenes.csv``.
    detector : Path
        The project's file.
    model : Path
        The classifier that gives the verdicts.
    yunet : Path, optional
        ``yunet_n_dynamic.onnx``.
    rounds : int
        How often each detector is timed.

    Raises
    ------
    ExportError
        If a model file is missing or has no card.
    DatasetError
        If the photographs cannot be read.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        own, card = own_finder(detector)
        finders: dict[str, Finder] = {HAAR: haar_finder(), OWN: own}
        if yunet is not None:
            finders[YUNET] = yunet_finder(yunet)
        thresholds = {HAAR: (0.0,), OWN: (card.threshold,), YUNET: (0.6, 0.8)}
        classifier = read_card(model)
        rows = []
        landmarks = {}
        for split in SPLITS:
            seen = look(data, split, finders)
            if YUNET in seen:
                sure = (card.threshold, thresholds[YUNET][0])
                landmarks[split] = landmark_agreement(seen[OWN], seen[YUNET], sure)
            for name, scenes in seen.items():
                rows += [
                    Row(
                        name,
                        threshold or None,
                        split,
                        detection_figures(scenes, threshold),
                        verdict_figures(scenes, threshold, model, classifier),
                    )
                    for threshold in thresholds[name]
                ]
        frame_ms, camera_ms = _times(data, finders, rounds)
    finally:
        cv2.setNumThreads(threads)
    return Comparison(detector, card, rows, landmarks, frame_ms, camera_ms)


def _times(
    data: Path, finders: dict[str, Finder], rounds: int
) -> tuple[dict[str, Milliseconds], Milliseconds]:
    """Time each detector on a photograph of test, and the project's on a camera frame."""
    path = scene_paths(data, ("test",))[0]
    photograph = np.asarray(load_picture(data / path), dtype=np.uint8)
    scale = _FRAME / max(photograph.shape[:2])
    frame = _scaled(photograph, (round(photograph.shape[1] * scale), round(photograph.shape[0] * scale)))
    camera = _scaled(photograph, _CAMERA)
    work: dict[str, Callable[[], object]] = {name: partial(find, frame) for name, find in finders.items()}
    work["camera"] = partial(finders[OWN], camera)
    times = time_in_turn(work, rounds)
    return {name: times[name] for name in finders}, times["camera"]


def _scaled(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
