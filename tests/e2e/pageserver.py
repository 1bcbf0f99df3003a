"""The function with the try-it page, and before it what a gateway may say instead; all on loopback."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskservice.app import create_app
from maskservice.classifier import load_classifier
from maskservice.modelstore import read_model
from maskservice.settings import Settings, bundled_model

STAGE = "/prod"

_JSON = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Posted:
    """A request that carried crops: when, with which key, and the parts."""

    at: float
    key: str | None
    names: list[str | None]
    types: list[str]
    crops: list[bytes]


@dataclass(frozen=True)
class Refusal:
    """What the gateway says instead of passing a request on."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "said the gateway"


class Gateway:
    """Passes requests on and keeps what is posted, unless it is told to refuse, or to be slow."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.refusal: Refusal | None = None
        self.key: str | None = None
        self.delay = 0.0
        self.posted: list[Posted] = []
        self.most_at_a_time = 0
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        self._now += 1
        self.most_at_a_time = max(self.most_at_a_time, self._now)
        try:
            await self._answer(scope, receive, send)
        finally:
            self._now -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = await _read(receive)
        if scope["path"] == "/v1/classify":
            self.posted.append(_posted(headers, body))
        await asyncio.sleep(self.delay)
        refusal = self.refusal
        if self.key is not None and headers.get("x-api-key") != self.key:
            refusal = Refusal(403, message="Forbidden")
        if refusal is not None:
            await _refuse(refusal, send)
            return
        await self._app(scope, _given(body), send)


class PageServer:
    """A server that can be stopped and started again at the same address.

    All lies under a stage's prefix, as behind a gateway.
    """

    def __init__(self, site: Path) -> None:
        model = load_classifier(read_model(bundled_model()))
        self.gateway = Gateway(create_app(Settings(bundled_model(), site=site, log_level="ERROR"), model))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}{STAGE}/"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self._port))
        config = uvicorn.Config(
            _below(STAGE, self.gateway),
            lifespan="off",
            log_level="error",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@contextmanager
def serving(site: Path) -> Iterator[PageServer]:
    server = PageServer(site)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _below(prefix: str, app: ASGIApp) -> ASGIApp:
    async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        await app(
            {**scope, "path": path.removeprefix(prefix) if path.startswith(prefix) else "/nowhere"},
            receive,
            send,
        )

    return pass_on


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _given(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _posted(headers: Mapping[str, str], body: bytes) -> Posted:
    """Take the body apart with the standard library's own parser."""
    head = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    parts = list(BytesParser(policy=HTTP).parsebytes(head + body).iter_parts())
    names = [part.get_param("name", header="content-disposition") for part in parts]
    return Posted(
        time.monotonic(),
        headers.get("x-api-key"),
        [str(name) for name in names],
        [part.get_content_type() for part in parts],
        [bytes(part.get_payload(decode=True)) for part in parts],
    )


async def _refuse(refusal: Refusal, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": [*headers, _JSON]})
    body = json.dumps({"message": refusal.message}).encode()
    await send({"type": "http.response.body", "body": body})
