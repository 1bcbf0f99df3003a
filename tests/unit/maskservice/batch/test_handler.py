import gc
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskservice.errors import ModelUnavailable
from maskservice.telemetry import logger
from tests.batches import BUCKET, EXAMPLES, Cloud, Context, notification, sqs_record


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, logger.level, logger.propagate = before
    gc.enable()
    gc.unfreeze()


def import_handler() -> Any:
    return runpy.run_module("maskservice.batch.handler")["handler"]


def test_the_handler_answers_an_event(
    sky: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATCH_QUEUE_URL", sky.queue)
    monkeypatch.setenv("BATCH_DEAD_LETTER_URL", sky.dead_letters)
    handler = import_handler()
    good = sky.put("in/photos/a.jpg", (EXAMPLES / "group.jpg").read_bytes())["VersionId"]
    bad = sky.put("in/photos/b.jpg", b"text")["VersionId"]
    records = [
        sqs_record("a", notification("in/photos/a.jpg", good)),
        sqs_record("b", notification("in/photos/b.jpg", bad)),
    ]
    assert handler({"Records": records}, Context()) == {"batchItemFailures": []}
    (result,) = sky.documents("out/").values()
    (failure,) = sky.documents("failed/").values()
    assert len(result["faces"]) == 6
    assert len(sky.lines()) == 7
    (letter,) = sky.failures()
    assert letter == failure
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["BatchPictures"], line["failures"]) == (1, {"undecodable-image": 1})


@pytest.mark.parametrize("variable", ["MASKCHECK_MODEL", "MASKCHECK_DETECTOR"])
def test_without_a_model_nothing_is_judged(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "absent.onnx"))
    with pytest.raises(ModelUnavailable, match=r"absent\.onnx"):
        import_handler()


def test_without_the_registrys_model_no_other_judges(sky: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_URI", f"s3://{BUCKET}/models")
    monkeypatch.setenv("MODEL_VERSION", "1.2.0")
    assert sky.keys("models/") == []
    with pytest.raises(ModelUnavailable, match="model store"):
        import_handler()
