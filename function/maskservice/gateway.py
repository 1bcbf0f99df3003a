"""What only matters behind API Gateway."""

import binascii
import re
from typing import Any, cast

from mangum import Mangum
from mangum.types import ASGI, LambdaContext
from starlette.types import ASGIApp, Receive, Scope, Send

_TEXT_TYPES = ["text/", "application/json", "application/problem+json", "image/svg+xml"]
"""Types that go back to the gateway as text; anything else Mangum wraps in base64."""

_UNDERSTOOD = {
    "host": re.compile(r"[\w.-]+(:\d{1,5})?", re.ASCII),
    "x-forwarded-port": re.compile(r"\d{1,5}", re.ASCII),
}
"""What Mangum can read of the two headers from which it takes the server's name and port."""


class LambdaHandler:
    """Calls an ASGI application with API Gateway's events.

    Parameters
    ----------
    app : ASGI application
        What is called.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._mangum = Mangum(cast(ASGI, app), lifespan="off", text_mime_types=_TEXT_TYPES)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one event, in the shape that API Gateway reads."""
        told = {**event, **{name: _readable(event.get(name)) for name in ("headers", "multiValueHeaders")}}
        if event.get("isBase64Encoded") and isinstance(event.get("body"), str):
            told |= {"body": _from_base64(event["body"]), "isBase64Encoded": False}
        return self._mangum(told, context)


def _from_base64(text: str) -> bytes:
    """Decode without a copy of the text; what is no base64 counts as an empty body."""
    try:
        return binascii.a2b_base64(text)
    except ValueError:
        return b""


def _readable(headers: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the headers without those that Mangum would fail on; the application needs neither."""
    return headers and {name: value for name, value in headers.items() if _is_readable(name, value)}


def _is_readable(name: str, value: object) -> bool:
    readable = _UNDERSTOOD.get(name.lower())
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return readable is None or readable.fullmatch(text) is not None


class StagePath:
    """Middleware: tells the application the path prefix that a REST API's stage adds.

    A caller of ``/Prod/docs`` is seen by the function as ``/docs``, and a page that then refers to
    ``/openapi.json`` would miss the stage. ASGI's ``root_path`` is made for this.

    Parameters
    ----------
    app : ASGI application
        What is told.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        event = scope.get("aws.event")
        if event is not None:
            full_path = event.get("requestContext", {}).get("path", "")
            if full_path.endswith(scope["path"]):
                scope["root_path"] = full_path.removesuffix(scope["path"])
                scope["path"] = full_path
        await self._app(scope, receive, send)
