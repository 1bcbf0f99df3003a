"""Measures the client's face detectors on labelled photographs and writes ``client/DETECTORS.md``.

``python -m tests.benchmarks.detectors --data ../shared/data --yunet ../shared/weights/yunet_n_640_640.onnx``,
or `make client-detectors`.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

import cv2
import numpy as np

from maskclient.detector import Detector, Rgb
from maskclient.detectors import open_detector
from maskclient.errors import MaskClientError
from masktrain.dataset.samples import Split, load_picture
from masktrain.dataset.scenes import SceneBox, read_scenes
from masktrain.detector.finders import Finds
from masktrain.detector.measure import SIZES, DetectionFigures, Scene, detection_figures
from masktrain.detector.verdicts import verdict_figures
from masktrain.errors import MaskTrainError
from masktrain.evaluation.intervals import Estimate
from masktrain.release.export import read_card
from masktrain.release.machine import describe_machine

DOCUMENT = Path("client/DETECTORS.md")
CLASSIFIER = Path("models/mask_classifier.onnx")
SPLITS: tuple[Split, ...] = ("val", "test")
FRAME = 640
FRAMES = 20
"""Photographs that the detectors are timed on."""


@dataclass(frozen=True)
class Row:
    """One detector on one split; right verdicts are of all faces, found or not."""

    detector: str
    split: Split
    found: DetectionFigures
    right: Estimate


def names(yunet: Path | None) -> list[str]:
    """Return the detectors that can be measured."""
    return ["haar", "haar-eyes", *(["yunet"] if yunet else []), "maskcheck"]


def find_all(item: tuple[Path, Sequence[SceneBox]], yunet: Path | None) -> dict[str, Scene]:
    """Run every detector over one photograph."""
    path, boxes = item
    rgb = np.asarray(load_picture(path), dtype=np.uint8)
    return {
        name: Scene(path, boxes, Finds.of_boxes([face.box for face in _detector(name, yunet).detect(rgb)]))
        for name in names(yunet)
    }


_opened: dict[str, Detector] = {}
"""This process's detectors: they cannot be handed to another."""


def _detector(name: str, yunet: Path | None) -> Detector:
    if name not in _opened:
        cv2.setNumThreads(1)
        _opened[name] = open_detector(name, yunet if name == "yunet" else None)
    return _opened[name]


def measure(data: Path, yunet: Path | None, limit: int | None, workers: int) -> list[Row]:
    """Measure every detector on the photographs of both splits, or on the first few of each."""
    card = read_card(CLASSIFIER)
    rows = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for split in SPLITS:
            items = [(data / path, boxes) for path, boxes in read_scenes(data, (split,)).items()][:limit]
            seen = list(pool.map(partial(find_all, yunet=yunet), items, chunksize=4))
            for name in names(yunet):
                scenes = [scene[name] for scene in seen]
                right = verdict_figures(scenes, 0.0, CLASSIFIER, card).overall
                rows.append(Row(name, split, detection_figures(scenes, 0.0), right))
    return rows


def times(data: Path, yunet: Path | None, frames: int = FRAMES) -> dict[str, float]:
    """Return each detector's median milliseconds per photograph scaled to 640 px, taken in turn."""
    paths = list(read_scenes(data, ("test",)))[:frames]
    pictures = [_scaled(np.asarray(load_picture(data / path), dtype=np.uint8)) for path in paths]
    detectors = {name: _detector(name, yunet) for name in names(yunet)}
    for detector in detectors.values():
        detector.detect(pictures[0])
    taken: dict[str, list[float]] = {name: [] for name in detectors}
    for picture in pictures:
        for name, detector in detectors.items():
            started = perf_counter()
            detector.detect(picture)
            taken[name].append((perf_counter() - started) * 1000.0)
    return {name: median(values) for name, values in taken.items()}


def _scaled(rgb: Rgb) -> Rgb:
    scale = FRAME / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def joined(parts: Iterable[Estimate]) -> tuple[float, int]:
    """Return the share over several groups together, and how many faces they are; NaN where none."""
    known = [part for part in parts if part.count]
    count = sum(part.count for part in known)
    return (sum(part.value * part.count for part in known) / count if count else float("nan")), count


def table(rows: Sequence[Row], split: Split) -> str:
    """Return the Markdown table of one split."""
    sizes = [f"{low} to {high} px" if high < 10_000 else f"{low} px and more" for low, high in SIZES]
    head = ["detector", "masked", "bare", *sizes, "false finds per scene", "right verdicts"]
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    for row in rows:
        if row.split == split:
            recall = row.found.recall
            groups = [
                (recall["with_mask"], recall["incorrect_mask"]),
                (recall["without_mask"],),
                *((row.found.recall_by_size[size],) for size in SIZES),
            ]
            cells = [
                row.detector,
                *(_cell(*joined(group)) for group in groups),
                f"{row.found.false_per_scene:.2f}",
                _cell(*joined([row.right])),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: float, count: int) -> str:
    return f"{value:.3f} of {count}" if count else "none"


def document(rows: Sequence[Row], milliseconds: Mapping[str, float], command: str, machine: str) -> str:
    """Return the whole document."""
    scenes = {row.split: row.found.scenes for row in rows}
    timed = "\n".join(f"| {name} | {value:.0f} |" for name, value in milliseconds.items())
    return f"""# The client's face detectors

Generated; do not edit. Written by

    {command}

## How to read it

- A face is found where a box overlaps its labelled box by 0.4 (intersection over union). Asked for are faces
  of 24 px and more, the short side, in photographs whose longest side is at most 600 px. A mask worn badly
  counts as masked.
- "0.900 of 200" is a share of 200 faces; with so few, differences of some hundredths mean nothing.
- A find is false where it meets no labelled face and no box to be ignored. A face boxed too differently from
  its label counts twice, as missed and as false: the annotators of val box faces, those of test whole heads.
- Right verdicts: of all these faces, found or not, the share that detector, crop and classifier together
  judge rightly.
- val is of the source that `maskcheck` was trained on, other photographs; the framing of YuNet's boxes was
  chosen on it. test is another source; of it only the proportions of `maskcheck`'s boxes were known when they
  were chosen (models/DETECTOR_CARD.md).
- `maskcheck` comes with the project; `haar` needs no model file; `haar-eyes` also looks for pairs of eyes,
  which masks leave bare; `yunet` has to be installed.

## val: {scenes["val"]} photographs

{table(rows, "val")}

## test: {scenes["test"]} photographs

{table(rows, "test")}

## Time

Median milliseconds per photograph of test scaled to {FRAME} px, in turn, on {machine}.
Machines differ and are busy: read the ratios.

| detector | ms |
|---|---:|
{timed}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.detectors", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with scenes.csv")
    parser.add_argument("--yunet", type=Path, help="YuNet's file; left out if not given")
    parser.add_argument("--limit", type=int, help="only so many photographs of each split")
    parser.add_argument("--workers", type=int, default=2, help="processes that look for faces")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="default: %(default)s")
    options = parser.parse_args(arguments)
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        milliseconds = times(options.data, options.yunet)
        rows = measure(options.data, options.yunet, options.limit, options.workers)
    except (MaskClientError, MaskTrainError) as error:
        print(error, file=sys.stderr)
        return 2
    command = " ".join(["python -m tests.benchmarks.detectors", *given])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(document(rows, milliseconds, command, describe_machine()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
