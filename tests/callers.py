"""Three ways to call the application: plain ASGI, a REST API event, an HTTP API event."""

import asyncio
import base64
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast

import httpx
from mangum.types import LambdaContext
from starlette.types import ASGIApp

from maskservice.gateway import LambdaHandler
from maskservice.telemetry import JsonFormatter, logger

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Caller(Protocol):
    def __call__(
        self, method: str, path: str, body: bytes = b"", content_type: str | None = None
    ) -> Answer: ...


class _Context:
    aws_request_id = REQUEST_ID


def lambda_context() -> LambdaContext:
    """What the function reads of Lambda's context, which holds more."""
    return cast(LambdaContext, _Context())


class AsgiCaller:
    """Calls the application as an ASGI server does."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def __call__(self, method: str, path: str, body: bytes = b"", content_type: str | None = None) -> Answer:
        return asyncio.run(self._call(method, path, body, content_type))

    async def _call(self, method: str, path: str, body: bytes, content_type: str | None) -> Answer:
        headers = {"content-type": content_type} if content_type is not None else {}
        async with httpx.AsyncClient(transport=self._transport, base_url="http://test") as client:
            response = await client.request(method, path, content=body, headers=headers)
        return Answer(response.status_code, response.headers, response.content)


class RestCaller:
    """Calls the Lambda handler with an event of API Gateway's REST API."""

    def __init__(self, app: ASGIApp) -> None:
        with event_loop():
            self._handler = LambdaHandler(app)

    def __call__(self, method: str, path: str, body: bytes = b"", content_type: str | None = None) -> Answer:
        return invoke(self._handler, rest_event(method, path, body, content_type))


class HttpApiCaller(RestCaller):
    """Calls the Lambda handler with an event of API Gateway's HTTP API, payload version 2.0."""

    def __call__(self, method: str, path: str, body: bytes = b"", content_type: str | None = None) -> Answer:
        return invoke(self._handler, http_api_event(method, path, body, content_type))


CALLERS: dict[str, Callable[[ASGIApp], Caller]] = {
    "asgi": AsgiCaller,
    "rest": RestCaller,
    "http-api": HttpApiCaller,
}


@contextmanager
def event_loop() -> Iterator[None]:
    """Give Mangum the event loop that it expects to find in its thread, and close it again."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def invoke(handler: LambdaHandler, event: dict[str, Any]) -> Answer:
    with event_loop():
        reply = handler(event, lambda_context())
    json.dumps(reply)  # Lambda sends it as JSON
    body = base64.b64decode(reply["body"]) if reply["isBase64Encoded"] else reply["body"].encode()
    return Answer(reply["statusCode"], reply["headers"], body)


def rest_event(
    method: str, path: str, body: bytes = b"", content_type: str | None = None, stage: str = "Prod"
) -> dict[str, Any]:
    headers = {"Host": "api.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/{stage}{path}",
            "stage": stage,
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def http_api_event(
    method: str, path: str, body: bytes = b"", content_type: str | None = None
) -> dict[str, Any]:
    headers = {"host": "api.example.com", "x-forwarded-proto": "https", "x-forwarded-port": "443"}
    if content_type is not None:
        headers["content-type"] = content_type
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
        },
        "isBase64Encoded": bool(body),
    }
    if body:
        event["body"] = base64.b64encode(body).decode()
    return event


def multipart(crops: Sequence[tuple[str | None, bytes]], name: str = "crops") -> tuple[bytes, str]:
    """Return a multipart body and its content type."""
    lines = []
    for filename, content in crops:
        suffix = f'; filename="{filename}"' if filename is not None else ""
        disposition = f'Content-Disposition: form-data; name="{name}"{suffix}\r\n'
        lines.append(b"--b0undary\r\n" + disposition.encode() + b"\r\n" + content + b"\r\n")
    return b"".join(lines) + b"--b0undary--\r\n", "multipart/form-data; boundary=b0undary"


def base64_json(crops: list[bytes]) -> tuple[bytes, str]:
    """Return a JSON body and its content type."""
    entries = [base64.b64encode(crop).decode() for crop in crops]
    return json.dumps({"crops": entries}).encode(), "application/json"


@contextmanager
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """Collect what the function logs, as it would be printed."""
    lines: list[dict[str, Any]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonFormatter().format(record)))

    collector = Collector()
    logger.addHandler(collector)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(collector)
        logger.setLevel(level)
