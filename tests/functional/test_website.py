import asyncio
import gzip
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from fastapi import FastAPI

from maskservice.app import create_app
from maskservice.classifier import Classifier
from maskservice.gateway import LambdaHandler
from maskservice.settings import Settings
from maskservice.website import HEADERS
from tests.callers import (
    Answer,
    AsgiCaller,
    event_loop,
    http_api_event,
    invoke,
    lambda_context,
    log_lines,
    rest_event,
)

MODULE = "import './other.mjs'; // ä\n"
RUNTIME = bytes(range(256)) * 40
TYPES = {
    "/": "text/html; charset=utf-8",
    "/web/main.js": "text/javascript; charset=utf-8",
    "/web/other.mjs": "text/javascript; charset=utf-8",
    "/web/page.css": "text/css; charset=utf-8",
    "/web/icon.svg": "image/svg+xml",
    "/web/parts.json": "application/json",
    "/web/vendor/ort/LICENSE.txt": "text/plain; charset=utf-8",
    "/web/vendor/ort/runtime.wasm": "application/wasm",
    "/web/face_detector.onnx": "application/octet-stream",
    "/web/vendor/human/models/a.bin": "application/octet-stream",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build") / "site"
    for path in TYPES:
        file = folder / (path.lstrip("/") or "index.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(MODULE if path.endswith("js") else path)
    for path in ("web/vendor/ort/runtime.wasm", "web/face_detector.onnx"):
        (folder / path).write_bytes(RUNTIME)
        (folder / f"{path}.gz").write_bytes(gzip.compress(RUNTIME))
    (folder.parent / "secret.js").write_text("hidden")
    (folder / "web" / "link.js").symlink_to(folder.parent / "secret.js")
    (folder / "web" / "notes.md").write_text("not for the page")
    return folder


@pytest.fixture(scope="module")
def app(site: Path, settings: Settings, classifier: Classifier) -> FastAPI:
    return create_app(replace(settings, site=site), classifier)


class Ask(Protocol):
    def __call__(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Answer: ...


def over_http(app: FastAPI) -> Ask:
    def ask(path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        async def call() -> Answer:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                told = {"Accept-Encoding": "", **(headers or {})}
                async with client.stream(method, path, headers=told) as answer:
                    body = b"".join([chunk async for chunk in answer.aiter_raw()])
                return Answer(answer.status_code, answer.headers, body)

        return asyncio.run(call())

    return ask


def through_gateway(app: FastAPI, make: Callable[[str, str], dict[str, Any]]) -> Ask:
    def ask(path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        event = make(method, path)
        told = {**event["headers"], **(headers or {})}
        event["headers"], event["multiValueHeaders"] = told, {name: [value] for name, value in told.items()}
        with event_loop():
            handler = LambdaHandler(app)
        return invoke(handler, event)

    return ask


@pytest.fixture(params=["http", "rest", "http-api"])
def ask(request: pytest.FixtureRequest, app: FastAPI) -> Ask:
    if request.param == "http":
        return over_http(app)
    return through_gateway(app, rest_event if request.param == "rest" else http_api_event)


@pytest.mark.parametrize("path", TYPES)
def test_every_file_comes_with_its_type_and_the_pages_rules(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == TYPES[path]
    assert {name: answer.headers[name.lower()] for name in HEADERS} == HEADERS
    assert re.fullmatch('"[0-9a-f]{32}"', answer.headers["etag"])
    assert answer.headers["x-request-id"]


def test_text_comes_as_it_is(ask: Ask) -> None:
    answer = ask("/web/main.js", {"Accept-Encoding": "gzip"})
    assert answer.body == MODULE.encode()
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/web/main.js", "/web/icon.svg", "/web/parts.json", "/"])
def test_text_travels_through_the_gateway_as_text(app: FastAPI, path: str) -> None:
    with event_loop():
        reply = LambdaHandler(app)(rest_event("GET", path), lambda_context())
    assert reply["isBase64Encoded"] is False


@pytest.mark.parametrize("path", ["/web/vendor/ort/runtime.wasm", "/web/face_detector.onnx"])
def test_large_files_come_packed_to_who_unpacks_them(ask: Ask, path: str) -> None:
    answer = ask(path, {"Accept-Encoding": "br, gzip;q=0.8"})
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert answer.headers["content-type"] == TYPES[path]
    assert int(answer.headers["content-length"]) == len(answer.body) < len(RUNTIME) / 2
    assert gzip.decompress(answer.body) == RUNTIME


@pytest.mark.parametrize("offer", ["", "br", "gzip;q=0", "gzip; q=0.00, br", "identity"])
def test_who_does_not_unpack_gets_it_as_it_is(app: FastAPI, offer: str) -> None:
    answer = over_http(app)("/web/vendor/ort/runtime.wasm", {"Accept-Encoding": offer})
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.body == RUNTIME


def test_behind_the_gateway_it_comes_packed_in_any_case(app: FastAPI) -> None:
    """As it is it would be more than a function may answer."""
    answer = through_gateway(app, rest_event)("/web/vendor/ort/runtime.wasm")
    assert gzip.decompress(answer.body) == RUNTIME


@pytest.mark.parametrize("path", ["/", "/web/main.js", "/web/face_detector.onnx"])
def test_what_a_browser_has_is_not_sent_again(ask: Ask, path: str) -> None:
    first = ask(path, {"Accept-Encoding": "gzip"})
    again = ask(path, {"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "no-cache"
    assert ask(path, {"If-None-Match": '"another"'}).status == 200


def test_a_file_that_changed_is_sent_again_though_of_the_same_time_and_size(
    settings: Settings, classifier: Classifier, tmp_path: Path
) -> None:
    """As all files of an artefact are of 1980."""
    answers: list[Answer] = []
    for version in ("0.80", "0.95"):
        file = tmp_path / version / "web" / "rules.js"
        file.parent.mkdir(parents=True)
        file.write_text(f"limit = {version}")
        os.utime(file, (315_532_800, 315_532_800))
        ask = over_http(create_app(replace(settings, site=tmp_path / version), classifier))
        known = answers[0].headers if answers else {}
        told = {"If-None-Match": known.get("etag", ""), "If-Modified-Since": known.get("last-modified", "")}
        answers.append(ask("/web/rules.js", told))
    assert [(answer.status, answer.body) for answer in answers] == [
        (200, b"limit = 0.80"),
        (200, b"limit = 0.95"),
    ]
    assert ask("/web/rules.js", {"If-Modified-Since": known["last-modified"]}).status == 200


def test_packed_and_as_it_is_are_told_apart(app: FastAPI) -> None:
    ask = over_http(app)
    tags = {
        ask("/web/face_detector.onnx", {"Accept-Encoding": offer}).headers["etag"] for offer in ("", "gzip")
    }
    assert len(tags) == 2


@pytest.mark.parametrize("path", ["/", "/web/main.js"])
def test_head_tells_the_headers_alone(ask: Ask, path: str) -> None:
    asked, got = ask(path, method="HEAD"), ask(path)
    assert (asked.status, asked.body) == (200, b"")
    assert asked.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    "path",
    [
        "/web/missing.js",
        "/web/",
        "/web/vendor",
        "/web/notes.md",
        "/web/face_detector.onnx.gz",
        "/web/../../secret.js",
        "/web/%2e%2e/%2e%2e/secret.js",
        "/web/..%2f..%2fsecret.js",
        "/web//etc/passwd.js",
        "/web/%00.js",
        "/web/link.js",
        f"/web/{'a' * 300}.js",
        "/index.html",
    ],
)
def test_nothing_else_is_served(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"hidden" not in answer.body


def test_only_reading_is_allowed(ask: Ask) -> None:
    answer = ask("/web/main.js", method="DELETE")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_stage_without_a_slash_leads_to_the_one_with_it(app: FastAPI) -> None:
    event = rest_event("GET", "/", stage="prod")
    event["requestContext"]["path"] = "/prod"
    with event_loop():
        handler = LambdaHandler(app)
    answer = invoke(handler, event)
    assert (answer.status, answer.headers["location"]) == (308, "/prod/")


def test_requests_for_the_page_are_logged_like_others(app: FastAPI) -> None:
    with log_lines() as lines:
        over_http(app)("/")
        over_http(app)("/web/main.js")
        over_http(app)("/web/missing.js")
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/", 200),
        ("/web/{file:path}", 200),
        ("/web/{file:path}", 404),
    ]


def test_the_page_is_no_part_of_the_contract(app: FastAPI) -> None:
    assert app.openapi()["paths"].keys() == {"/v1/classify", "/v1/model", "/health"}


def test_a_page_that_is_not_built_is_told_how_to(
    tmp_path: Path, settings: Settings, classifier: Classifier
) -> None:
    call = AsgiCaller(create_app(replace(settings, site=tmp_path / "site"), classifier))
    answer = call("GET", "/")
    assert answer.status == 503
    assert answer.headers["content-type"] == TYPES["/"]
    assert b"make web" in answer.body
    assert call("GET", "/web/main.js").status == 404
    assert call("GET", "/health").status == 200


def test_without_the_switch_there_is_no_page(settings: Settings, classifier: Classifier) -> None:
    call = AsgiCaller(create_app(settings, classifier))
    assert [call("GET", path).status for path in ("/", "/web/main.js")] == [404, 404]
