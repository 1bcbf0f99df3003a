"""The WebSocket of a viewer: the state as JSON, pictures as binary messages, each acknowledged."""

import asyncio
import json
import time
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from maskclient.wall.hub import Hub
from maskclient.wall.messages import json_object, pack
from maskclient.wall.tokens import bearer, matches
from maskclient.wall.viewer import Viewer

MOST_VIEWERS = 32
HELLO_SECONDS = 5.0
"""For which a viewer may take to tell the token."""
ALIVE_SECONDS = 10.0
"""After which a viewer who got nothing is told that the wall is still there."""
WRONG_TOKEN = 4401
TOO_MANY = 1013
NOT_UNDERSTOOD = 1007


class Viewing:
    """Serves viewers.

    A viewer says ``{"type": "hello", "token": …}`` first, unless the token is in a header. It then
    acknowledges each picture with ``{"type": "shown", "camera": …}`` and each state with
    ``{"type": "known"}``, and gets nothing newer of that kind before.

    Parameters
    ----------
    hub : Hub
        What there is to show.
    token : str or None
        What a viewer must know.
    """

    def __init__(self, hub: Hub, token: str | None) -> None:
        self._hub = hub
        self._token = token

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one viewer until it leaves."""
        await socket.accept()
        with suppress(WebSocketDisconnect):
            if not await self._welcome(socket):
                await socket.close(WRONG_TOKEN, "The token is wrong or missing.")
            elif self._hub.viewers >= MOST_VIEWERS:
                await socket.close(TOO_MANY, f"{MOST_VIEWERS} viewers are here already.")
            else:
                await self._serve(socket)

    async def _welcome(self, socket: WebSocket) -> bool:
        if matches(self._token, bearer(socket.headers.get("authorization"))):
            return True
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = json_object(await socket.receive_text())
        except (TimeoutError, ValueError, KeyError):  # KeyError: a binary message
            return False
        return hello.get("type") == "hello" and matches(self._token, hello.get("token"))

    async def _serve(self, socket: WebSocket) -> None:
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        news.set()

        def wake() -> None:
            with suppress(RuntimeError):  # the server ends while a camera goes on
                loop.call_soon_threadsafe(news.set)

        viewer = self._hub.join(wake)
        tasks = [
            asyncio.create_task(_listen(socket, viewer)),
            asyncio.create_task(_send(socket, viewer, news)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.leave(viewer)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not _says_gone(result, socket):
                raise result


def _says_gone(error: Exception, socket: WebSocket) -> bool:
    """Say whether an error only means that the viewer is gone, which the other task may have met first."""
    closed = WebSocketState.DISCONNECTED in (socket.client_state, socket.application_state)
    return isinstance(error, WebSocketDisconnect) or (closed and isinstance(error, RuntimeError))


async def _listen(socket: WebSocket, viewer: Viewer) -> None:
    while True:
        try:
            message = json_object(await socket.receive_text())
        except (ValueError, KeyError):
            await socket.close(NOT_UNDERSTOOD, "This is no message of a viewer.")
            return
        if message.get("type") == "known":
            viewer.acknowledge(None)
        elif message.get("type") == "shown":
            viewer.acknowledge(str(message.get("camera")))


async def _send(socket: WebSocket, viewer: Viewer, news: asyncio.Event) -> None:
    while True:
        try:
            async with asyncio.timeout(ALIVE_SECONDS):
                await news.wait()
        except TimeoutError:
            await socket.send_text('{"type": "alive"}')
        news.clear()
        state = viewer.take_state()
        if state is not None:
            await socket.send_text(json.dumps(state, ensure_ascii=False))
        while (taken := viewer.take_picture()) is not None:
            camera, picture = taken
            jpeg = await asyncio.to_thread(picture.jpeg)
            age = round(1000 * (time.monotonic() - picture.taken))
            await socket.send_bytes(pack({"camera": camera, "age_ms": age, **picture.figures}, jpeg))
