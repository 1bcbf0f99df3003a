"""Warm requests in one process: an event of API Gateway in, a response out."""

import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from maskservice.app import create_app
from maskservice.classifier import Classifier, load_classifier
from maskservice.decoding import decode
from maskservice.gateway import LambdaHandler
from maskservice.modelstore import read_model
from maskservice.preprocessing import to_tensor
from maskservice.settings import Settings
from maskservice.telemetry import JsonFormatter, configure_logging, logger
from tests.benchmarks.inputs import crops
from tests.benchmarks.rows import Row, at_most, interleaved, paired_ratio
from tests.callers import event_loop, lambda_context, multipart, rest_event

RATIO_TARGETS = {1: 1.5, 8: 1.15, 16: None}
BATCH_TARGET = 0.75
TELEMETRY_TARGET_MS = 0.2


def classify_event(pictures: Sequence[bytes]) -> dict[str, Any]:
    """Return the event of a request with these crops, one as it is, several as a form."""
    if len(pictures) == 1:
        return rest_event("POST", "/v1/classify", pictures[0], "image/jpeg")
    return rest_event("POST", "/v1/classify", *multipart([(None, picture) for picture in pictures]))


def bare(pictures: Sequence[bytes], classifier: Classifier) -> None:
    """Do what cannot be left out: decode the crops, make tensors of them, and run the session."""
    classifier.probabilities(np.stack([to_tensor(decode(picture), classifier.card) for picture in pictures]))


def measure(seconds: float) -> tuple[list[Row], dict[int, float]]:
    """Return the rows, and the milliseconds of a request by its number of crops."""
    settings = replace(Settings.from_environment({}), service="bench")
    classifier = load_classifier(read_model(settings.model_path))
    _log_into_nothing()
    rows: list[Row] = []
    request_ms: dict[int, float] = {}
    with event_loop():
        handler = LambdaHandler(create_app(settings, classifier))
        for count, target in RATIO_TARGETS.items():
            bare_ms, event_ms = _pair(count, handler, classifier, seconds)
            request_ms[count] = median(event_ms)
            ratio = paired_ratio(event_ms, bare_ms)
            rows += [
                Row(f"bare decoding and session.run, {count} crops", median(bare_ms), "ms"),
                Row(f"event to response, {count} crops", request_ms[count], "ms"),
                at_most(f"event to response over bare, {count} crops", ratio, "ratio", target),
            ]
        rows.append(_telemetry(handler, seconds))
        rows.append(_batching(handler, seconds))
    return rows, request_ms


def _pair(count: int, handler: LambdaHandler, classifier: Classifier, seconds: float) -> list[list[float]]:
    """Time the bare work and the whole request on the same crops, in turn."""
    pictures, event = crops(count), classify_event(crops(count))
    works: list[Callable[[], object]] = [
        lambda: bare(pictures, classifier),
        lambda: handler(event, lambda_context()),
    ]
    for work in works * 5:
        work()
    return interleaved(works, seconds)


def _batching(handler: LambdaHandler, seconds: float) -> Row:
    """Compare a crop's share of a full request with a request of its own."""
    single, full = classify_event(crops(1)), classify_event(crops(16))
    full_ms, single_ms = interleaved(
        [lambda: handler(full, lambda_context()), lambda: handler(single, lambda_context())], seconds
    )
    ratio = paired_ratio(full_ms, single_ms) / 16
    return at_most("per crop in a request of 16 over a request of 1", ratio, "ratio", BATCH_TARGET)


def _telemetry(handler: LambdaHandler, seconds: float) -> Row:
    """Compare requests whose log line and metrics are made with requests where nothing is logged."""
    event = rest_event("GET", "/health")

    def call(*, logged: bool) -> None:
        logging.disable(logging.NOTSET if logged else logging.CRITICAL)
        handler(event, lambda_context())

    try:
        with_ms, without_ms = interleaved([lambda: call(logged=True), lambda: call(logged=False)], seconds)
    finally:
        logging.disable(logging.NOTSET)
    cost = median(with_ms) - median(without_ms)
    return at_most("log line and metrics of a request", cost, "ms", TELEMETRY_TARGET_MS)


def _log_into_nothing() -> None:
    """Let the log do all its work, and show nothing."""
    configure_logging("INFO", with_requests=True)
    sink = logging.StreamHandler(io.StringIO())
    sink.setFormatter(JsonFormatter())
    logger.handlers = [sink]
