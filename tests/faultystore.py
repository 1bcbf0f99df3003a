"""An S3 that misbehaves: a real HTTP server on loopback, for a real boto3 client."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TRICKLE = 2000
"""Bytes of a trickling answer's piece; one every twentieth of a second."""

_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"


@dataclass
class FaultyStore:
    """What the server does, by the last part of the key that is asked for.

    Attributes
    ----------
    objects : dict of str to bytes
        By whole path, ``/bucket/key``.
    faults : dict of str to str
        By the key's last part: ``silent``, ``cut``, ``trickle``, or the code of an S3 error.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    store: FaultyStore

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.store.asked.append(path)
        fault = self.store.faults.get(path.rpartition("/")[2])
        data = self.store.objects.get(path)
        if fault == "silent":
            self.store.stopped.wait(10)
        elif data is None or fault not in (None, "cut", "trickle"):
            self._refuse(fault or "NoSuchKey")
        else:
            self._send(data, fault)

    def _send(self, data: bytes, fault: str | None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault == "cut":
            data = data[: len(data) // 2]
        step = TRICKLE if fault == "trickle" else len(data)
        for start in range(0, len(data), step):
            self.wfile.write(data[start : start + step])
            if fault == "trickle":
                time.sleep(0.05)
        self.close_connection = True

    def _refuse(self, code: str) -> None:
        body = _ERROR.format(code=code).encode()
        self.send_response({"NoSuchKey": 404, "AccessDenied": 403}.get(code, 500))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass


@contextmanager
def faulty_store() -> Iterator[tuple[FaultyStore, str]]:
    """Serve a store for as long as the block lasts; yields it and its address."""
    store = FaultyStore()
    handler = type("Handler", (_Handler,), {"store": store})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield store, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            store.stopped.set()
            server.shutdown()
            thread.join()
