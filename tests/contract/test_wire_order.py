"""The members of the answers, in the order that contract v1 shows them."""

from fastapi import FastAPI

from tests import pictures
from tests.callers import AsgiCaller, multipart

LABELS = ["with_mask", "incorrect_mask", "without_mask", "not_face"]


def test_classify(app: FastAPI) -> None:
    body, content_type = multipart([("a.jpg", pictures.jpeg()), ("b.jpg", b"text")])
    document = AsgiCaller(app)("POST", "/v1/classify", body, content_type).json()
    assert list(document) == ["request_id", "model", "results", "timing_ms"]
    assert list(document["model"]) == ["name", "version", "sha256"]
    assert list(document["timing_ms"]) == ["decode", "inference", "total"]
    judged, failed = document["results"]
    assert list(judged) == [
        "index", "filename", "label", "confidence", "verdict", "reasons", "probabilities", "width", "height",
    ]  # fmt: skip
    assert list(judged["probabilities"]) == LABELS
    assert list(failed) == ["index", "filename", "error"]
    assert list(failed["error"]) == ["type", "detail"]


def test_model(app: FastAPI) -> None:
    document = AsgiCaller(app)("GET", "/v1/model").json()
    assert list(document) == [
        "name", "version", "sha256", "labels", "input_size", "crop_margin", "thresholds", "min_face_px",
        "metrics",
    ]  # fmt: skip
    assert list(document["thresholds"]) == ["compliant", "violation"]


def test_problem(app: FastAPI) -> None:
    document = AsgiCaller(app)("POST", "/v1/classify", b"text", "image/png").json()
    assert list(document) == ["type", "title", "status", "detail", "instance", "results"]
