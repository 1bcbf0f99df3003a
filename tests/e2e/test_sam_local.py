"""SAM's own emulation, where a Docker engine runs and the base image of Lambda's Python is there.

Elsewhere the same events run under the Runtime Interface Emulator: see test_emulator.py.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from maskinfra import layout
from maskinfra.expectations import EXPECTATIONS, observed
from tests.callers import multipart

SAM = Path(sys.executable).with_name("sam")
OFFLINE = "--skip-pull-image"
CROP = (layout.PICTURES / "crops" / "hopper-mask.jpg").read_bytes()
START_S = 120
ENVIRONMENT = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}


def invoke(name: str) -> subprocess.CompletedProcess[str]:
    event = layout.EVENTS / f"{name}.json"
    command: list[str | Path] = [SAM, "local", "invoke", "MaskFunction", OFFLINE, "--event", event]
    return subprocess.run(
        command,
        cwd=layout.ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )


@pytest.fixture(scope="module")
def emulated(artifact: Path) -> None:
    if artifact != layout.SAM_ARTIFACT:
        pytest.skip("the artefact here is not for Lambda's Python")
    try:
        engine = subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0  # noqa: S607
    except FileNotFoundError:
        engine = False
    if not engine:
        pytest.skip("no Docker engine runs here")
    told = invoke("health")
    if told.returncode != 0 and "image" in told.stderr.lower():
        pytest.skip(f"the base image of Lambda's Python is not here: {told.stderr.strip().splitlines()[-1]}")
    assert told.returncode == 0, told.stderr


@pytest.mark.usefixtures("emulated")
@pytest.mark.parametrize("name", EXPECTATIONS)
def test_sam_local_invoke_answers_as_expected(name: str) -> None:
    told = invoke(name)
    assert told.returncode == 0, told.stderr
    response: dict[str, Any] = json.loads(told.stdout)
    assert observed(response) == EXPECTATIONS[name]


@pytest.fixture(scope="module")
def api(emulated: None) -> Iterator[httpx.Client]:
    del emulated
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--warm-containers", "EAGER", OFFLINE]
    process = subprocess.Popen(
        [SAM, "local", "start-api", *options],
        cwd=layout.ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            deadline = time.monotonic() + START_S
            while True:
                try:
                    client.get("/health")
                    break
                except httpx.TransportError:
                    assert process.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.5)
            yield client
    finally:
        process.send_signal(signal.SIGINT)  # on which SAM removes its containers
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_sam_local_start_api_takes_a_picture(api: httpx.Client) -> None:
    answer = api.post("/v1/classify", content=CROP, headers={"content-type": "image/jpeg"})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["label"] == "with_mask"


def test_sam_local_start_api_takes_a_form(api: httpx.Client) -> None:
    body, content_type = multipart([("a.jpg", CROP), ("b.jpg", CROP)])
    answer = api.post("/v1/classify", content=body, headers={"content-type": content_type})
    assert [result["filename"] for result in answer.json()["results"]] == ["a.jpg", "b.jpg"]


def test_sam_local_start_api_knows_the_other_routes(api: httpx.Client) -> None:
    assert api.get("/v1/model").json()["crop_margin"] > 0
    assert api.get("/openapi.json").json()["openapi"].startswith("3.")
