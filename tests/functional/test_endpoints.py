from typing import NoReturn

import pytest
from fastapi import FastAPI

import maskservice
from maskservice.app import create_app
from maskservice.classifier import Classifier
from maskservice.errors import ModelUnavailable
from maskservice.settings import Settings
from tests import pictures
from tests.callers import CALLERS, Caller, RestCaller, log_lines, multipart

REASON = "There is no model."


@pytest.fixture(params=CALLERS)
def call_without_model(request: pytest.FixtureRequest, settings: Settings) -> Caller:
    return CALLERS[request.param](create_app(settings, ModelUnavailable(REASON)))


def test_model_tells_the_card(call: Caller, classifier: Classifier) -> None:
    answer = call("GET", "/v1/model")
    assert answer.status == 200
    card = classifier.card
    assert answer.json() == {
        "name": card.name,
        "version": card.version,
        "sha256": classifier.sha256,
        "labels": list(card.labels),
        "input_size": list(card.input_size),
        "crop_margin": card.crop_margin,
        "thresholds": card.thresholds.model_dump(),
        "min_face_px": card.min_face_px,
        "metrics": card.metrics,
    }


def test_health_names_what_runs(call: Caller, classifier: Classifier) -> None:
    answer = call("GET", "/health")
    assert answer.status == 200
    assert answer.json() == {
        "status": "ok",
        "version": maskservice.__version__,
        "model": {
            "name": classifier.card.name,
            "version": classifier.card.version,
            "sha256": classifier.sha256,
        },
        "source": "bundled",
        "fallback": None,
    }


def test_docs_are_served(call: Caller) -> None:
    assert b"/openapi.json" in call("GET", "/docs").body


def test_docs_refer_to_the_stage_they_were_called_under(app: FastAPI) -> None:
    call = RestCaller(app)
    assert b"/Prod/openapi.json" in call("GET", "/docs").body
    assert {"url": "/Prod"} in call("GET", "/openapi.json").json()["servers"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/model"), ("POST", "/v1/classify")])
def test_without_a_model_there_is_a_problem(call_without_model: Caller, method: str, path: str) -> None:
    answer = call_without_model(method, path, pictures.jpeg() if method == "POST" else b"", "image/jpeg")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["detail"]) == ("/problems/model-unavailable", REASON)


def test_without_a_model_health_says_so(call_without_model: Caller) -> None:
    answer = call_without_model("GET", "/health")
    assert answer.status == 503
    assert answer.json() == {"status": "unavailable", "version": maskservice.__version__, "detail": REASON}


@pytest.mark.parametrize(
    ("method", "path", "status", "problem_type"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v2/model", 404, "not-found"),
        ("POST", "/v1/classify/", 404, "not-found"),
        ("GET", "/v1/classify", 405, "method-not-allowed"),
        ("DELETE", "/v1/model", 405, "method-not-allowed"),
    ],
)
def test_unknown_paths_and_methods(
    call: Caller, method: str, path: str, status: int, problem_type: str
) -> None:
    answer = call(method, path)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{problem_type}", status)
    assert problem["instance"] == answer.headers["x-request-id"]
    assert ("allow" in answer.headers) is (status == 405)


class BrokenSession:
    def run(self, output_names: object, input_feed: object) -> NoReturn:  # noqa: ARG002
        raise RuntimeError("the secret of the session")


@pytest.mark.parametrize("caller", CALLERS)
def test_a_crash_is_a_problem_without_internals(
    caller: str, settings: Settings, classifier: Classifier
) -> None:
    broken = Classifier(BrokenSession(), "pixels", classifier.card, "00")
    with log_lines() as lines:
        answer = CALLERS[caller](create_app(settings, broken))(
            "POST", "/v1/classify", pictures.jpeg(), "image/jpeg"
        )
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/internal-server-error"
    assert b"secret" not in answer.body
    assert any("the secret of the session" in line.get("traceback", "") for line in lines)


def test_the_log_line_of_a_request(call: Caller) -> None:
    body, content_type = multipart([("holiday.jpg", pictures.jpeg()), ("b.jpg", b"text")])
    with log_lines() as lines:
        answer = call("POST", "/v1/classify", body, content_type)
    (line,) = lines
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["route"], line["status"], line["crops"]) == ("/v1/classify", 200, 2)
    assert sum(line["labels"].values()) == 1
    assert line["timing_ms"].keys() == {"decode", "inference", "total"}
    assert "holiday" not in str(line)
