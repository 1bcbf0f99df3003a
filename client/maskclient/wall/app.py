"""What the wall answers: its page, the list of cameras, and two WebSockets."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from maskclient.errors import MaskClientError
from maskclient.wall.guard import Guard
from maskclient.wall.hub import Hub, WallFull
from maskclient.wall.messages import json_object
from maskclient.wall.receiving import Receiving
from maskclient.wall.tokens import bearer, matches
from maskclient.wall.viewing import Viewing

PAGES = {
    "/": ("index.html", "text/html"),
    "/wall.css": ("wall.css", "text/css"),
    "/wall.js": ("wall.js", "text/javascript"),
}
MOST_BODY = 10_000
"""Bytes of a request."""


class Adder(Protocol):
    """What is needed of `maskclient.wall.cameras.Cameras`."""

    def add(self, text: str, name: str | None = None) -> str:
        """Begin to watch a source, and return what its camera is called."""
        ...

    def remove(self, name: str) -> bool:
        """Stop watching, and say whether there was such a camera."""
        ...


def create_app(hub: Hub, cameras: Adder, token: str | None, host: str) -> Starlette:
    """Return the wall as an ASGI application.

    Parameters
    ----------
    hub : Hub
        What there is to show.
    cameras : Adder
        Opens and closes cameras.
    token : str or None
        Of `maskclient.wall.tokens.checked_token`.
    host : str
        Where it listens.
    """
    api = _Api(hub, cameras, token)
    routes: list[BaseRoute] = [
        Route(path, _page(Path(__file__).with_name(name), media_type), methods=["GET"])
        for path, (name, media_type) in PAGES.items()
    ]
    routes += [
        Route("/api/cameras", api.list, methods=["GET"]),
        Route("/api/cameras", api.add, methods=["POST"]),
        Route("/api/cameras/{name:path}", api.remove, methods=["DELETE"]),
        WebSocketRoute("/watch", Viewing(hub, token).__call__),
        WebSocketRoute("/publish", Receiving(hub, token).__call__),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, host=host)])


def _page(file: Path, media_type: str) -> Callable[[Request], Response]:
    content = file.read_bytes()
    return lambda _: Response(content, media_type=media_type)


class _Api:
    """The list of cameras, for programs and for the page's controls."""

    def __init__(self, hub: Hub, cameras: Adder, token: str | None) -> None:
        self._hub = hub
        self._cameras = cameras
        self._token = token

    async def list(self, request: Request) -> Response:
        """Tell which cameras there are."""
        return self._refusal(request) or JSONResponse({"cameras": self._hub.state()})

    async def add(self, request: Request) -> Response:
        """Begin to watch ``{"source": …, "name": …}``."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            wanted = await _body(request)
            source, name = wanted.get("source"), wanted.get("name")
            if not isinstance(source, str) or not isinstance(name, str | None):
                return _problem(400, 'Send a source as JSON: {"source": "0", "name": "door"}')
            added = await asyncio.to_thread(self._cameras.add, source.strip(), name)
        except WallFull as error:
            return _problem(409, str(error))
        except MaskClientError as error:
            return _problem(422, str(error))
        except ValueError as error:
            return _problem(400, str(error))
        return JSONResponse({"name": added}, 201)

    async def remove(self, request: Request) -> Response:
        """Stop watching the camera that the path names."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        name = request.path_params["name"]
        if self._hub.origin(name) == "published":
            return _problem(409, f"{name} is published by another machine. Stop it there.")
        if not await asyncio.to_thread(self._cameras.remove, name):
            return _problem(404, f"There is no camera {name!r}.")
        return Response(status_code=204)

    def _refusal(self, request: Request) -> Response | None:
        if matches(self._token, bearer(request.headers.get("authorization"))):
            return None
        answer = _problem(401, "The token is wrong or missing. Send it as: Authorization: Bearer TOKEN")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer


async def _body(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise ValueError(f"A request may have {MOST_BODY} bytes.")
    return json_object(body)


def _problem(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status)
