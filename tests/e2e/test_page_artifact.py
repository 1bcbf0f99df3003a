"""The try-it page as the deployed function serves it: out of its artefact, through Lambda and the gateway."""

import base64
import gzip
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from maskinfra import layout, website
from maskinfra.additions import PAGE
from maskinfra.artifact import SIZE_LIMIT, unzipped_size
from maskinfra.emulator import Emulator
from maskinfra.errors import InfraError
from tests.callers import rest_event
from tests.e2e.browser import browsing, complaints
from tests.e2e.restgateway import LAMBDA_ANSWER, RestGateway, serving
from tests.videos import walk, write_mjpeg

KEY = "a-key-of-the-tests"
SECONDS = 30_000  # Playwright counts in milliseconds
WASM = "/web/vendor/ort/ort-wasm-simd-threaded.wasm"
DETECTOR = "/web/face_detector.onnx"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the Runtime Interface Emulator is a Linux program"
)


@pytest.fixture(scope="module")
def with_page(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the artefact to which the page is added as the build adds it."""
    try:
        website.build(PAGE.source, extras=False)
    except InfraError as error:
        pytest.skip(str(error))
    copy = tmp_path_factory.mktemp("page") / "artifact"
    shutil.copytree(artifact, copy, copy_function=os.link)  # hard links: the packages are large
    PAGE.copy_into(copy)
    return copy


@pytest.fixture(scope="module")
def emulator(with_page: Path) -> Iterator[Emulator]:
    with Emulator(with_page, environment={"SERVE_WEB": "on"}) as running:
        yield running


def get(emulator: Emulator, path: str, **headers: str) -> dict[str, Any]:
    event = rest_event("GET", path, stage="prod")
    event["headers"] |= headers
    event["multiValueHeaders"] |= {name: [value] for name, value in headers.items()}
    return emulator.invoke(event)


def test_the_page_travels_as_text(emulator: Emulator) -> None:
    answer = get(emulator, "/")
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert answer["body"] == (layout.WEB / "index.html").read_text()


@pytest.mark.parametrize("name", ["main.js", "page.css", "icon.svg"])
def test_so_do_its_scripts_and_styles(emulator: Emulator, name: str) -> None:
    answer = get(emulator, f"/web/{name}", **{"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["body"] == (layout.WEB / "web" / name).read_text()


@pytest.mark.parametrize("path", [WASM, DETECTOR])
def test_large_files_fit_into_an_answer(emulator: Emulator, path: str) -> None:
    answer = get(emulator, path, Accept="application/wasm", **{"Accept-Encoding": "gzip"})
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"]["content-encoding"] == "gzip"
    size = len(json.dumps(answer))
    print(f"{path}: an answer of {size / 1e6:.2f} MB")
    assert size < LAMBDA_ANSWER
    sent = gzip.decompress(base64.b64decode(answer["body"]))
    assert sent == (PAGE.source / path.lstrip("/")).read_bytes()


def test_the_page_knows_that_it_has_no_extras(emulator: Emulator) -> None:
    parts = json.loads(get(emulator, "/web/parts.json")["body"])
    assert parts["extras"] is False
    assert get(emulator, "/web/vendor/human/human.esm.js")["statusCode"] == 404


def test_the_api_is_there_as_ever(emulator: Emulator) -> None:
    assert json.loads(get(emulator, "/v1/model")["body"])["crop_margin"] > 0


def test_an_artifact_without_the_page_says_how_to_build_it(artifact: Path) -> None:
    with Emulator(artifact, environment={"SERVE_WEB": "on"}) as emulator:
        answer = get(emulator, "/")
    assert answer["statusCode"] == 503
    assert "make build WEB=on" in answer["body"]


def test_a_visitor_is_asked_for_the_key_and_told_a_verdict(emulator: Emulator, tmp_path: Path) -> None:
    """The whole way: browser, gateway, Lambda, function and back."""
    video = write_mjpeg(tmp_path / "camera.mjpeg", walk(["hopper"], 30, (640, 480)))
    gateway = RestGateway(emulator, KEY)
    with serving(gateway) as url, browsing(video=video) as page:
        page.goto(url)
        page.get_by_role("button", name="Open the camera").click()
        page.get_by_label("API key").fill(KEY, timeout=SECONDS)
        page.get_by_role("button", name="Use this key").click()
        expect(page.get_by_text(re.compile(r"^#1 no mask \d+%$"))).to_be_visible(timeout=SECONDS)
        told = [complaint for complaint in complaints(page) if "403" not in complaint]
    print(f"largest answer of the function: {gateway.largest / 1e6:.2f} MB")
    assert told == []
    assert 3e6 < gateway.largest < LAMBDA_ANSWER


def test_the_page_leaves_room_in_the_artifact(with_page: Path, artifact: Path) -> None:
    added = unzipped_size(with_page) - unzipped_size(artifact)
    print(f"The page adds {added / 1e6:.1f} MB")
    assert added < 25e6
    assert unzipped_size(with_page) < SIZE_LIMIT
