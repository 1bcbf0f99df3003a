"""A line on loopback that carries only so many bytes a second to the one who asks."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_PIECE = 2048
_ROOM = 8192  # what the line itself holds back, beside what the computer insists on


class SlowLine:
    """Passes bytes on, those of the service slowly."""

    def __init__(self, target: str, bytes_per_second: int) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 0)
        self._seconds_per_byte = 1 / bytes_per_second
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"{parts.scheme}://127.0.0.1:{self._server.getsockname()[1]}/"

    def serve(self) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._pass, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _pass(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.socket() as service:
            service.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
            service.connect(self._target)
            threading.Thread(target=self._answer, args=(service, client), daemon=True).start()
            while request := client.recv(_PIECE):
                service.sendall(request)
            service.shutdown(socket.SHUT_RDWR)

    def _answer(self, service: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while answer := service.recv(_PIECE):
                time.sleep(len(answer) * self._seconds_per_byte)
                client.sendall(answer)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def slow_line(target: str, bytes_per_second: int) -> Iterator[SlowLine]:
    line = SlowLine(target, bytes_per_second)
    thread = threading.Thread(target=line.serve, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        line.close()
        thread.join(5)
