"""The artefact under the Runtime Interface Emulator: warm, cold, and how much memory it takes."""

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter

from maskinfra.artifact import measure as measure_size
from maskinfra.emulator import Emulator
from maskinfra.stock import build_stock
from tests.benchmarks.inputs import crops, large_crops
from tests.benchmarks.rows import Row, at_most, interleaved, paired_ratio
from tests.benchmarks.warm import RATIO_TARGETS, classify_event

COLD_TARGET = 0.40
MEMORY_TARGET_MB = 160.0
ZIP_TARGET_MB, UNZIPPED_TARGET_MB = 50.0, 125.0

BARE = '''\
"""What cannot be left out: base64, decoding, tensors, and the session. And a handler that does nothing."""

import base64

import numpy as np

from maskservice.classifier import load_classifier
from maskservice.decoding import decode
from maskservice.modelstore import read_model
from maskservice.preprocessing import to_tensor
from maskservice.settings import bundled_model

_classifier = load_classifier(read_model(bundled_model()))


def handler(event, context):
    crops = [decode(base64.b64decode(crop)) for crop in event["crops"]]
    rows = _classifier.probabilities(np.stack([to_tensor(crop, _classifier.card) for crop in crops]))
    return {"statusCode": 200, "body": str(rows.argmax(axis=1).tolist())}


def nothing(event, context):
    return {"statusCode": 200}
'''


def bare_artifact(artifact: Path, folder: Path) -> Path:
    """Return a copy of an artefact with the bare handler beside the function."""
    copy = folder / "bare"
    shutil.copytree(artifact, copy, copy_function=os.link)  # hard links: the packages are large
    (copy / "bare.py").write_text(BARE, encoding="utf-8")
    return copy


def bare_event(count: int) -> dict[str, object]:
    """Return the same crops without HTTP around them."""
    import base64

    return {"crops": [base64.b64encode(crop).decode() for crop in crops(count)]}


def warm(artifact: Path, folder: Path, seconds: float) -> list[Row]:
    """Time invocations of the function beside the bare handler and the empty one."""
    copy = bare_artifact(artifact, folder)
    rows = []
    with ExitStack() as stack:
        ours, bare, nothing = (
            stack.enter_context(Emulator(place, handler))
            for place, handler in (
                (artifact, "maskservice.handler.handler"),
                (copy, "bare.handler"),
                (copy, "bare.nothing"),
            )
        )
        for count, target in RATIO_TARGETS.items():
            event, same = classify_event(crops(count)), bare_event(count)
            works: list[Callable[[], object]] = [
                lambda: ours.invoke(event),  # noqa: B023 (used within this turn)
                lambda: bare.invoke(same),  # noqa: B023
                lambda: nothing.invoke(same),  # noqa: B023
            ]
            for work in works * 5:
                work()
            ours_ms, bare_ms, nothing_ms = interleaved(works, seconds)
            rows += [
                Row(f"emulator: the function, {count} crops", median(ours_ms), "ms"),
                Row(f"emulator: a bare handler, {count} crops", median(bare_ms), "ms"),
                Row(f"emulator: an empty handler given {count} crops", median(nothing_ms), "ms"),
                at_most(
                    f"emulator: the function over a bare handler, {count} crops",
                    paired_ratio(ours_ms, bare_ms),
                    "ratio",
                    target,
                ),
            ]
    return rows


def cold(artifact: Path, starts: int) -> list[Row]:
    """Time first answers: the emulator starts the function's process when it is first invoked."""
    stock = build_stock()
    ours_ms, stock_ms = [], []
    for _ in range(starts):
        ours_ms.append(_first_answer_ms(artifact))
        stock_ms.append(_first_answer_ms(stock))
    return [
        Row("cold: process start to first answer", median(ours_ms), "ms"),
        Row("cold: the same of SAM's own build", median(stock_ms), "ms"),
        at_most("cold: ours over SAM's own build", paired_ratio(ours_ms, stock_ms), "ratio", COLD_TARGET),
    ]


def _first_answer_ms(artifact: Path) -> float:
    event = classify_event(crops(1))
    with Emulator(artifact) as emulator:
        started = perf_counter()
        emulator.invoke(event)
        return (perf_counter() - started) * 1000.0


def memory(artifact: Path) -> list[Row]:
    """Send sixteen large crops, and look at the highest the function's process has been."""
    event = classify_event(large_crops())
    sent = sum(map(len, large_crops())) / 1e6
    with Emulator(artifact) as emulator:
        response = emulator.invoke(event)
        if response["statusCode"] != 200 or "error" in response["body"]:
            raise RuntimeError(f"The sixteen large crops were not all judged: {response['body'][:500]}")
        peak = emulator.peak_memory() / 1e6
    return [
        Row("memory: sixteen crops of together", sent, "MB"),
        at_most("memory: most of the function's process with them", peak, "MB", MEMORY_TARGET_MB),
    ]


def size(artifact: Path, folder: Path) -> list[Row]:
    """Measure the package."""
    told = measure_size(artifact, folder / "artifact.zip")
    return [
        at_most("package: zipped", told.zipped / 1e6, "MB", ZIP_TARGET_MB),
        at_most("package: unzipped", told.unzipped / 1e6, "MB", UNZIPPED_TARGET_MB),
    ]
