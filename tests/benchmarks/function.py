"""Times the function as Lambda calls it: one API Gateway event in, one response out.

Run it from the repository root: ``python -m tests.benchmarks.function``. The bare work beside it
is the same crops decoded, turned into tensors and run through the same session, with no HTTP.
"""

import io
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from maskservice.app import create_app
from maskservice.classifier import Classifier, load_classifier
from maskservice.decoding import decode
from maskservice.gateway import LambdaHandler
from maskservice.modelstore import read_model
from maskservice.preprocessing import to_tensor
from maskservice.settings import Settings
from maskservice.telemetry import JsonFormatter, configure_logging, logger
from tests import pictures
from tests.callers import event_loop, lambda_context, multipart, rest_event

SECONDS_PER_CASE = 5.0
CROP_SIDE = 180
REPORT = Path("build/bench.json")
RATIO_TARGETS = {1: 1.5, 8: 1.15, 16: None}
BATCH_TARGET = 0.75


@dataclass(frozen=True)
class Measurement:
    """One row of the table; ``met`` is None where there is no target."""

    name: str
    value: float
    unit: str
    target: float | None = None
    met: bool | None = None


def at_most(name: str, value: float, target: float | None) -> Measurement:
    """Return a ratio that should not pass its target."""
    return Measurement(name, value, "ratio", target, None if target is None else value <= target)


def bare(crops: list[bytes], classifier: Classifier) -> None:
    """Do what cannot be left out."""
    classifier.probabilities(np.stack([to_tensor(decode(crop), classifier.card) for crop in crops]))


def interleaved(work: Callable[[], object], other: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Time two functions in turn, so that a busy machine slows both alike.

    Returns
    -------
    tuple of list of float
        Milliseconds of each.
    """
    times: tuple[list[float], list[float]] = ([], [])
    deadline = perf_counter() + SECONDS_PER_CASE
    while perf_counter() < deadline:
        for function, kept in zip((work, other), times, strict=True):
            started = perf_counter()
            function()
            kept.append((perf_counter() - started) * 1000.0)
    return times


def measure(count: int, handler: LambdaHandler, classifier: Classifier) -> tuple[float, list[Measurement]]:
    """Measure requests of ``count`` crops; return the milliseconds per crop and the rows."""
    crops = [pictures.jpeg(CROP_SIDE, CROP_SIDE, seed) for seed in range(count)]
    body = (crops[0], "image/jpeg") if count == 1 else multipart([(None, crop) for crop in crops])
    event = rest_event("POST", "/v1/classify", *body)
    for _ in range(5):
        bare(crops, classifier)
        handler(event, lambda_context())
    bare_times, event_times = interleaved(
        lambda: bare(crops, classifier), lambda: handler(event, lambda_context())
    )
    ratio = median(whole / part for part, whole in zip(bare_times, event_times, strict=True))
    per_crop = median(event_times) / count
    return per_crop, [
        Measurement(f"bare work, {count} crops", median(bare_times), "ms"),
        Measurement(f"event to response, {count} crops", median(event_times), "ms"),
        at_most(f"event to response over bare work, {count} crops", ratio, RATIO_TARGETS[count]),
    ]


def quiet_handler() -> logging.Handler:
    """Return a log handler that does all the work of one, and shows nothing."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonFormatter())
    return handler


def table(rows: list[Measurement]) -> str:
    """Lay the rows out for a terminal."""
    lines = [f"{'what':<48}{'value':>10} {'unit':<6}{'target':>8}  met"]
    for row in rows:
        target = "" if row.target is None else f"{row.target:.2f}"
        met = {None: "", True: "yes", False: "NO"}[row.met]
        lines.append(f"{row.name:<48}{row.value:>10.3f} {row.unit:<6}{target:>8}  {met}")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table and write the report."""
    settings = Settings.from_environment()
    classifier = load_classifier(read_model(settings.model_path))
    configure_logging("INFO")
    logger.handlers = [quiet_handler()]
    rows: list[Measurement] = []
    per_crop: dict[int, float] = {}
    with event_loop():
        handler = LambdaHandler(create_app(settings, classifier))
        for count in RATIO_TARGETS:
            per_crop[count], measured = measure(count, handler, classifier)
            rows += measured
    rows.append(at_most("per crop in 16 over single", per_crop[16] / per_crop[1], BATCH_TARGET))
    print(table(rows))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
