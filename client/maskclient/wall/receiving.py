"""The WebSocket of another machine that publishes its cameras to the wall."""

import json
import time
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from maskclient.wall.checking import MOST_TEXT, checked_event, checked_figures
from maskclient.wall.hub import Hub, WallFull
from maskclient.wall.messages import MOST_NAME, check_jpeg, checked_name, json_object, unpack
from maskclient.wall.pictures import Picture
from maskclient.wall.tokens import bearer, matches

MOST_OF_ONE = 16
"""Cameras that one machine may publish."""
NOT_UNDERSTOOD = 1007
TOO_MANY = 1013
REPLACED = 4409


class Receiving:
    """Takes in what others publish; `maskclient.wall.publishing` is the other end.

    It begins with ``{"type": "hello", "publisher": …}``; that random name lets a machine take the
    place of its own connection that broke. Each picture is acknowledged with
    ``{"type": "shown", "camera": …}``. Events are ``{"type": "event", "event": …}``. When the
    connection ends, its cameras are gone.

    Parameters
    ----------
    hub : Hub
        Gets them.
    token : str or None
        What a publisher must know; it is in the header ``Authorization``.
    """

    def __init__(self, hub: Hub, token: str | None) -> None:
        self._hub = hub
        self._token = token
        self._sessions: dict[str, _Session] = {}

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one machine until it leaves."""
        if not matches(self._token, bearer(socket.headers.get("authorization"))):
            await socket.close()  # before it is accepted: 403
            return
        await socket.accept()
        session = _Session(self._hub)
        try:
            with suppress(WebSocketDisconnect):
                await self._serve(socket, session)
        except WallFull as error:
            await socket.close(TOO_MANY, str(error))
        except (ValueError, KeyError) as error:
            await socket.close(NOT_UNDERSTOOD, str(error)[:MOST_TEXT])
        finally:
            session.close()
            for publisher in [name for name, other in self._sessions.items() if other is session]:
                del self._sessions[publisher]

    async def _serve(self, socket: WebSocket, session: "_Session") -> None:
        hello = json_object(await socket.receive_text())
        publisher = checked_name(hello.get("publisher"))
        before = self._sessions.pop(publisher, None)
        if before is not None:
            before.close()
        self._sessions[publisher] = session
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if session.closed:
                await socket.close(REPLACED, "The same machine has connected anew.")
                return
            if message.get("bytes") is not None:
                camera = session.picture(message["bytes"])
                await socket.send_text(json.dumps({"type": "shown", "camera": camera}))
            else:
                session.told(json_object(message["text"]))


class _Session:
    """The cameras of one connection."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._names: dict[str, str] = {}
        self.closed = False

    def picture(self, message: bytes) -> str:
        """Show a picture, and return how its sender calls the camera."""
        header, jpeg = unpack(message)
        check_jpeg(jpeg)
        told = checked_name(header.get("camera"))
        name = self._name(told)
        figures = checked_figures(header)
        state = figures["state"]
        self._hub.set_state(name, state, "Its source is lost." if state == "lost" else None)
        if self._hub.wants(name, urgent=state != "live"):
            self._hub.show(name, Picture(figures, lambda: jpeg, time.monotonic()))
        return told

    def told(self, message: dict[str, Any]) -> None:
        """Take in an event."""
        if message.get("type") == "event":
            event = message.get("event")
            camera = event.get("camera") if isinstance(event, dict) else None
            self._hub.event(checked_event(event, self._name(checked_name(camera))))

    def close(self) -> None:
        """Take the cameras off the wall."""
        self.closed = True
        for name in self._names.values():
            self._hub.remove(name)
        self._names.clear()

    def _name(self, told: str) -> str:
        if told not in self._names:
            if len(self._names) >= MOST_OF_ONE:
                raise WallFull(f"One machine may publish {MOST_OF_ONE} cameras.")
            self._names[told] = self._hub.add(told[:MOST_NAME], "published")
        return self._names[told]
