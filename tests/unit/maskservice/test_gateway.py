import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from maskservice.gateway import StagePath


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
