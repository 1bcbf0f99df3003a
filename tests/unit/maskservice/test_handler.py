import gc
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskservice.telemetry import logger
from tests import pictures
from tests.callers import event_loop, invoke, lambda_context, rest_event


@pytest.fixture(autouse=True)
def restored_logger() -> Iterator[None]:
    before = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, logger.level, logger.propagate = before
    gc.enable()
    gc.unfreeze()


def import_handler() -> dict[str, Any]:
    with event_loop():
        return runpy.run_module("maskservice.handler")


def test_the_handler_answers_an_event() -> None:
    answer = invoke(
        import_handler()["handler"], rest_event("POST", "/v1/classify", pictures.jpeg(), "image/jpeg")
    )
    assert answer.status == 200
    assert len(answer.json()["results"]) == 1


def test_without_a_model_the_handler_imports_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MASKCHECK_MODEL", str(tmp_path / "absent.onnx"))
    handler = import_handler()["handler"]
    assert str(tmp_path) in capsys.readouterr().err
    health = invoke(handler, rest_event("GET", "/health"))
    assert health.status == 503
    assert health.json()["status"] == "unavailable"
    assert "absent.onnx" in health.json()["detail"]
    assert str(tmp_path) not in health.body.decode()


def test_a_snapshot_is_taken_of_a_function_that_has_classified(monkeypatch: pytest.MonkeyPatch) -> None:
    primed: list[object] = []
    monkeypatch.setattr("maskservice.priming.prime", primed.append)
    import_handler()
    assert primed == []
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    import_handler()
    assert len(primed) == 1


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("MASKCHECK_MODEL", "absent.onnx", "no model file 'absent.onnx'"),
        ("MODEL_URI", "s3://models/masks", "EndpointConnectionError"),
    ],
)
def test_no_snapshot_is_taken_of_a_function_without_its_model(
    variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    monkeypatch.setenv(variable, value)
    with pytest.raises(RuntimeError, match=reason):
        import_handler()


def test_the_collector_works_again_after_the_imports() -> None:
    import_handler()
    assert gc.isenabled()


def test_text_goes_back_to_the_gateway_as_text() -> None:
    with event_loop():
        handler = runpy.run_module("maskservice.handler")["handler"]
        for path in ("/docs", "/openapi.json", "/health", "/nothing"):
            assert handler(rest_event("GET", path), lambda_context())["isBase64Encoded"] is False
