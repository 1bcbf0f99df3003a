"""A proxy on loopback that breaks the line between client and service in the ways that lines break."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["none", "delay", "drop", "hang", "error", "cut"]

_PIECE = 65536
_ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class FaultyProxy:
    """Passes bytes on, or does what `fault` says from the next request on.

    delay: answers come half a second late; drop: connections are closed at once; hang: requests
    are swallowed; error: a gateway's 500; cut: an answer ends in the middle of its body.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self.fault: Fault = "none"
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._over = threading.Event()
        self._changed = threading.Event()

    def switch(self, fault: Fault) -> None:
        self.fault = fault
        self._changed.set()  # those that hang or wait give up
        self._changed = threading.Event()

    def serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self.switch("drop")
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _pass(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as service:
            threading.Thread(target=self._answer, args=(service, client), daemon=True).start()
            while request := client.recv(_PIECE):
                if self.fault == "drop":
                    return
                if self.fault == "error":
                    client.sendall(_ERROR)
                    return
                if self.fault == "hang":
                    self._changed.wait(30)
                    return
                service.sendall(request)

    def _answer(self, service: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while answer := service.recv(_PIECE):
                if self.fault == "delay":
                    self._changed.wait(0.5)
                if self.fault == "cut":
                    client.sendall(answer[: len(answer) // 2])
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(answer)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(target)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)
