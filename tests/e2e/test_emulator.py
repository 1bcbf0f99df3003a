import base64
import json
import re
import runpy
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import emulate
from maskinfra import layout
from maskinfra.emulator import Emulator
from maskinfra.errors import EmulatorError
from maskinfra.expectations import EXPECTATIONS, Expectation, observed
from maskinfra.target import RECORD_NAME
from maskservice.gateway import LambdaHandler
from maskservice.telemetry import logger
from tests.callers import event_loop, lambda_context

Response = dict[str, Any]

# What differs from call to call, or, as the stage's path in OpenAPI's servers, from place to place.
VARYING = {"request_id", "timing_ms", "instance", "servers"}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the Runtime Interface Emulator is a Linux program"
)


@pytest.fixture(scope="module")
def emulator(artifact: Path) -> Iterator[Emulator]:
    with Emulator(artifact) as running:
        yield running


@pytest.fixture(scope="module")
def handler() -> Iterator[LambdaHandler]:
    before = (logger.handlers, logger.level, logger.propagate)
    with event_loop():
        yield runpy.run_module("maskservice.handler")["handler"]
    logger.handlers, logger.level, logger.propagate = before


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "maskservice.handler:app", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "error"], stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            wait_until_alive(client, process)
            yield client
    finally:
        process.terminate()
        process.wait(20)


def wait_until_alive(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "uvicorn ended"
        try:
            client.get("/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("uvicorn did not answer within a minute")


def read_event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((layout.EVENTS / f"{name}.json").read_text())
    return event


def over_http(client: httpx.Client, event: dict[str, Any]) -> Response:
    body = event["body"] or ""
    content = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    kept = {name: value for name, value in event["headers"].items() if name in ("Accept", "Content-Type")}
    answer = client.request(event["httpMethod"], event["path"], content=content, headers=kept)
    return {
        "statusCode": answer.status_code,
        "headers": dict(answer.headers),
        "body": answer.text,
        "isBase64Encoded": False,
    }


def leaves(value: object, place: str = "") -> dict[str, object]:
    """Every value of a document by its place, without those that vary."""
    if isinstance(value, dict):
        children = [(str(key), child) for key, child in value.items() if key not in VARYING]
    elif isinstance(value, list):
        children = [(str(index), child) for index, child in enumerate(value)]
    else:
        return {place: value}
    return {spot: leaf for key, child in children for spot, leaf in leaves(child, f"{place}/{key}").items()}


@pytest.mark.parametrize("name", EXPECTATIONS)
def test_the_same_event_gives_the_same_answer_everywhere(
    emulator: Emulator, handler: LambdaHandler, server: httpx.Client, name: str
) -> None:
    event = read_event(name)
    responses = {
        "emulator": emulator.invoke(event),
        "mangum": handler(event, lambda_context()),
        "uvicorn": over_http(server, event),
    }
    for place, response in responses.items():
        assert observed(response) == EXPECTATIONS[name], place
    types = {place: response["headers"]["content-type"] for place, response in responses.items()}
    assert len(set(types.values())) == 1, types
    expected = leaves(json.loads(responses["emulator"]["body"]))
    for place in ("mangum", "uvicorn"):
        assert leaves(json.loads(responses[place]["body"])) == pytest.approx(expected, abs=1e-6), place


def test_a_request_is_told_by_the_id_that_lambda_gave_it(emulator: Emulator) -> None:
    response = emulator.invoke(read_event("jpeg"))
    request_id = json.loads(response["body"])["request_id"]
    assert f"START RequestId: {request_id}" in emulator.log_tail()


def test_no_picture_reaches_the_log(emulator: Emulator) -> None:
    event = read_event("json-2-crops")
    emulator.invoke(event)
    log = emulator.log_tail()
    assert '"route": "/v1/classify"' in log
    for crop in json.loads(event["body"])["crops"]:
        assert crop[100:140] not in log


def test_a_function_that_cannot_start_is_told_with_its_log(artifact: Path, tmp_path: Path) -> None:
    (tmp_path / RECORD_NAME).write_bytes((artifact / RECORD_NAME).read_bytes())
    with Emulator(tmp_path) as broken, pytest.raises(EmulatorError, match="No module named 'maskservice'"):
        broken.invoke(read_event("health"))


def test_the_emulator_is_gone_after_its_block(artifact: Path) -> None:
    with Emulator(artifact) as emulator:
        assert emulator.invoke(read_event("health"))["statusCode"] == 200
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", emulator._port)) != 0


def test_make_emulate_prints_a_line_per_event(artifact: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert emulate.main() == 0
    out = capsys.readouterr().out
    assert str(artifact.relative_to(layout.ROOT)) in out
    for name, expected in EXPECTATIONS.items():
        assert re.search(rf"^{name} +{expected.status} +[\d.]+  \S", out, re.MULTILINE), name


def test_make_emulate_fails_on_an_unexpected_answer(
    artifact: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert artifact.is_dir()
    monkeypatch.setitem(EXPECTATIONS, "health", Expectation(503))
    assert emulate.main() == 1
    told = capsys.readouterr()
    assert "(expected 503 )" in told.out
    assert told.err == "\nNot as expected: health\n"


def test_without_an_artifact_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="run `make build`"), Emulator(tmp_path):
        pass
