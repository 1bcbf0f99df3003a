"""Keeps other people's web pages away from the wall, and tells browsers what its page may do."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskclient.addresses import is_loopback

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_POLICY_VIOLATION = 1008


class Guard:
    """Stands before the application.

    A page of another site that a browser on this computer shows can send requests here. If they
    name that site, in ``Host`` (DNS rebinding) or in ``Origin``, they are refused.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    host : str
        Where it listens. Where others reach it, it has more names than can be known here, and
        `maskclient.wall.tokens` asks for a token.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._hosts: Collection[str] | None = None
        if is_loopback(host):
            self._hosts = {"localhost", "127.0.0.1", "::1", host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if self._welcome(Headers(scope=scope)):
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "http":
            refusal = PlainTextResponse("This is not the wall's own page or address.\n", 403)
            await refusal(scope, receive, send_with_headers)
        else:  # closed before it is accepted: 403
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    def _welcome(self, headers: Headers) -> bool:
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        try:
            name = urlsplit(f"//{host}").hostname
            own = origin is None or urlsplit(origin).netloc.lower() == host
        except ValueError:
            return False
        return own and bool(name) and (self._hosts is None or name in self._hosts)
