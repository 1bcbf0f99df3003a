"""API Gateway's rules for a REST API in front of an emulated function: routes, keys, and what is binary."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from maskinfra.emulator import Emulator
from tests.callers import rest_event
from tests.e2e.templates import deployed, of_type

STAGE = "prod"
LAMBDA_ANSWER = 6_000_000
"""Bytes that a function may answer (AWS Lambda quotas, invocation payload), in the smaller megabyte."""


class RestGateway:
    """Knows of the template what a gateway does, and calls the function for it.

    A body is handed on as base64 where its type is binary, and an answer in base64 is decoded only for
    a caller whose first accepted type is binary: all others get it as it is, as from the real one.
    """

    def __init__(self, emulator: Emulator, key: str) -> None:
        template = deployed(ServeWeb="on")
        api = of_type(template, "AWS::ApiGateway::RestApi")
        self._binary = set(api["BinaryMediaTypes"])
        self._routes = {
            (method.upper(), path): bool(operation["security"])
            for path, operations in api["Body"]["paths"].items()
            for method, operation in operations.items()
        }
        self._emulator = emulator
        self._key = key
        self._lock = threading.Lock()  # an emulator takes one call at a time
        self.largest = 0

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body for a path under the stage."""
        needs_key = self._routes.get((method, self._resource(path)))
        if needs_key is None:
            return _refusal(404, "There is no such path.")
        if needs_key and headers.get("x-api-key") != self._key:
            return _refusal(403, "The header x-api-key is missing, or its key is unknown or disabled.")
        event = rest_event(method, path, stage=STAGE)
        binary = headers.get("content-type", "").partition(";")[0] in self._binary
        event["headers"] |= dict(headers)
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        if body:
            event["body"] = base64.b64encode(body).decode() if binary else body.decode()
            event["isBase64Encoded"] = binary
        with self._lock:
            told = self._emulator.invoke(event)
        size = len(json.dumps(told))
        self.largest = max(self.largest, size)
        if size > LAMBDA_ANSWER:
            return _refusal(502, "The function answered too much.")
        return told["statusCode"], told["headers"], self._body(told, headers)

    def _body(self, told: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
        text = str(told["body"])
        accepted = headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
        if told["isBase64Encoded"] and accepted in self._binary:
            return base64.b64decode(text)
        return text.encode()

    def _resource(self, path: str) -> str:
        return "/web/{file+}" if path.startswith("/web/") else path


def _refusal(status: int, detail: str) -> tuple[int, Mapping[str, str], bytes]:
    problem = {"type": "about:blank", "title": "Refused", "status": status, "detail": detail}
    return status, {"content-type": "application/problem+json"}, json.dumps(problem).encode()


@contextmanager
def serving(gateway: RestGateway) -> Iterator[str]:
    """Serve it on loopback, and give the address of its stage."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond()

        def do_POST(self) -> None:
            self._respond()

        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.removeprefix(f"/{STAGE}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told, answer = gateway.answer(self.command, path, headers, body)
            self.send_response(status)
            for name, value in told.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{STAGE}/"
        finally:
            server.shutdown()
            thread.join(5)
