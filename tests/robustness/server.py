"""The function as a real process behind a real socket on loopback."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.memory import resident_mb

_START_S = 30.0


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes
    ----------
    port : int
        On loopback.
    pid : int
        Of its only process.
    """

    port: int
    pid: int

    @property
    def address(self) -> str:
        """The base of its URLs."""
        return f"http://127.0.0.1:{self.port}"

    def memory_mb(self) -> float:
        """Return the memory that is resident now, in MB of 2**20 bytes (Linux)."""
        return resident_mb(self.pid)


@contextmanager
def running() -> Iterator[Server]:
    """Start the function under uvicorn for as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "maskservice.handler:app", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--no-access-log", "--log-level", "error"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = Server(port, process.pid)
        _wait_until_healthy(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            httpx.get(f"{server.address}/health").raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
