import asyncio

from starlette.types import Message
from starlette.websockets import WebSocket

from maskclient.wall.hub import Hub
from maskclient.wall.viewing import Viewing


class BrokenLine:
    """A viewer whose line breaks when the state is sent, while messages of theirs still come in."""

    def __init__(self) -> None:
        self._begun = False

    async def receive(self) -> Message:
        await asyncio.sleep(0)
        if not self._begun:
            self._begun = True
            return {"type": "websocket.connect"}
        return {"type": "websocket.receive", "text": '{"type": "known"}'}

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            raise ConnectionResetError


def test_a_line_that_breaks_while_the_viewer_speaks_is_no_error() -> None:
    hub, line = Hub(), BrokenLine()
    socket = WebSocket({"type": "websocket", "headers": []}, line.receive, line.send)
    asyncio.run(Viewing(hub, None)(socket))
    assert hub.viewers == 0
