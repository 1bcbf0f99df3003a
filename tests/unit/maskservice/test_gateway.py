import asyncio
import copy
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from maskservice.gateway import LambdaHandler, StagePath
from tests.callers import event_loop, lambda_context, rest_event


def seen_by_the_application(scope: Scope) -> tuple[str, str]:
    seen: list[tuple[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        seen.append((scope.get("root_path", ""), scope["path"]))

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError(message)

    asyncio.run(StagePath(app)(scope, receive, send))
    return seen[0]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"requestContext": {"path": "/Prod/docs"}}, ("/Prod", "/Prod/docs")),
        ({"requestContext": {"path": "/docs"}}, ("", "/docs")),
        ({"requestContext": {"path": "/other"}}, ("", "/docs")),
        ({"requestContext": {"http": {}}}, ("", "/docs")),
        ({}, ("", "/docs")),
    ],
)
def test_the_stage_becomes_the_root_path(event: dict[str, Any], expected: tuple[str, str]) -> None:
    assert seen_by_the_application({"type": "http", "path": "/docs", "aws.event": event}) == expected


def test_nothing_changes_outside_the_gateway() -> None:
    assert seen_by_the_application({"type": "http", "path": "/docs", "root_path": "/mask"}) == (
        "/mask",
        "/docs",
    )


async def tell_server(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"{scope['server']}")(scope, receive, send)


@pytest.mark.parametrize(
    ("headers", "server"),
    [
        ({"Host": "api.example.com", "X-Forwarded-Port": "443"}, ("api.example.com", 443)),
        ({"Host": "api.example.com:8443"}, ("api.example.com", 8443)),
        ({"Host": ":"}, ("mangum", 80)),
        ({"Host": "a:b:c", "X-Forwarded-Port": "443, 443"}, ("mangum", 80)),
        ({"host": "a", "x-forwarded-port": "\u0663"}, ("a", 80)),
    ],
)
@pytest.mark.parametrize("many", [True, False])
def test_headers_that_cannot_be_read_are_no_crash(
    headers: dict[str, str], server: tuple[str, int], *, many: bool
) -> None:
    event = rest_event("GET", "/")
    event["headers"] = None if many else dict(headers)
    event["multiValueHeaders"] = {name: [value] for name, value in headers.items()} if many else None
    with event_loop():
        reply = LambdaHandler(tell_server)(event, lambda_context())
    assert reply["body"] == str(server)


async def tell_body(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(repr(body))(scope, receive, send)


@pytest.mark.parametrize(
    ("sent", "encoded", "body"),
    [
        ("b25l", True, b"one"),
        ("b25l\n", True, b"one"),
        ("one", False, b"one"),
        ("", True, b""),
        (None, True, b""),
        ("b25", True, b""),
        ("\u00fc", True, b""),
    ],
)
def test_a_body_is_decoded_and_nonsense_is_none(sent: str | None, body: bytes, *, encoded: bool) -> None:
    event = {**rest_event("POST", "/"), "body": sent, "isBase64Encoded": encoded}
    event["headers"]["Host"] = ":"
    before = copy.deepcopy(event)
    with event_loop():
        reply = LambdaHandler(tell_body)(event, lambda_context())
    assert reply["body"] == repr(body)
    assert event == before
