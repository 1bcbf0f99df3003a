"""An integrator's side of the webhook."""

import http.server
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from maskclient.alerts.webhook import verify

SECRET = b"correct horse battery staple"


@dataclass
class Receiver:
    """Takes events as an integrator would; fails as the script says first."""

    script: deque[int | str] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    genuine: list[bool] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def answer(self, headers: dict[str, str], body: bytes) -> int | str:
        self.requests.append((headers, body))
        self.genuine.append(verify(SECRET, headers, body, time.time()))
        if self.script:
            return self.script.popleft()
        return 204 if self.genuine[-1] else 401


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: ClassVar[Receiver]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.receiver.answer(dict(self.headers.items()), body)
        if answer == "cut":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if answer == "hang":
            self.receiver.release.wait(5)
            self.close_connection = True
            return
        self.send_response(int(answer))
        for name, value in {"Content-Length": "0", **self.receiver.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/door?token=hidden"
    yield receiver
    receiver.release.set()
    server.shutdown()
    server.server_close()
    thread.join()
