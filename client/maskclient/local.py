"""The function as a child process on this computer, for ``--api local``."""

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO

from maskclient.api import MaskCheckClient
from maskclient.errors import ApiError, ApiUnreachable, LocalServiceFailed, StatusError
from maskclient.retry import RetryPolicy

FUNCTION_APP = "maskservice.handler:app"
"""The function as a plain ASGI application."""
START_SECONDS = 60.0
"""Longest wait for the function. It takes about a second; on a slow disk the first time takes longer."""
STOP_SECONDS = 5.0
"""How long the child may take to end by itself before it is killed."""

_SERVER = Path(__file__).with_name("localserver.py")
_LEAST_WAIT = 0.001  # a timeout of 0 would mean something else to requests


@dataclass(frozen=True)
class LocalService:
    """A running function.

    Attributes
    ----------
    url : str
        Where it listens, on the loopback interface.
    pid : int
        The id of its process.
    """

    url: str
    pid: int


@contextlib.contextmanager
def local_service(app: str = FUNCTION_APP, start_seconds: float = START_SECONDS) -> Iterator[LocalService]:
    """Serve the function in a child process for as long as a ``with`` block runs.

    The child ends with the block. It also ends when this process is killed: it watches a pipe
    that the operating system closes then.

    Parameters
    ----------
    app : str
        The ASGI application, as ``module:attribute``.
    start_seconds : float
        Longest wait for its first answer.

    Raises
    ------
    LocalServiceFailed
        If the function does not start; the text holds what it said.
    """
    with tempfile.TemporaryFile() as messages:
        child = subprocess.Popen(  # noqa: S603 - this interpreter, a file of this package
            [sys.executable, "-P", str(_SERVER), app],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            env={**os.environ, "MASKCHECK_LOG_LEVEL": "ERROR"},  # nobody reads a line per request
            start_new_session=True,  # Ctrl-C is for this process, which ends the child in good order
        )
        with child:
            try:
                yield _Start(child, messages, start_seconds).wait()
            finally:
                _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    try:
        if child.stdin is not None:
            child.stdin.close()  # the child's sign to end
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS)
    finally:
        child.kill()  # does nothing to a child that has ended


class _Start:
    """The wait for a child's first answer."""

    def __init__(self, child: subprocess.Popen[bytes], messages: IO[bytes], seconds: float) -> None:
        self._child = child
        self._messages = messages
        self._seconds = seconds
        self._deadline = monotonic() + seconds

    def wait(self) -> LocalService:
        """Return the service once it is healthy."""
        url = f"http://127.0.0.1:{self._read_port()}"
        patience = (self._remaining(), self._remaining())
        with MaskCheckClient(url, timeout=patience, retry=RetryPolicy(tries=1)) as client:
            try:
                client.health()
            except ApiUnreachable as error:
                raise self._failure() from error
            except StatusError as error:
                raise LocalServiceFailed(
                    f"The local function cannot answer: {error.detail or error}"
                ) from error
            except ApiError as error:
                raise LocalServiceFailed(f"The local function cannot be used. {error}") from error
        return LocalService(url, self._child.pid)

    def _read_port(self) -> int:
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # A thread, because not every system can read a pipe with a time limit.
        threading.Thread(target=lambda: lines.put(self._first_line()), daemon=True).start()
        try:
            line = lines.get(timeout=self._remaining())
        except queue.Empty:
            line = b""
        if not line:
            raise self._failure()
        return int(line)

    def _first_line(self) -> bytes:
        return self._child.stdout.readline() if self._child.stdout is not None else b""

    def _remaining(self) -> float:
        return max(self._deadline - monotonic(), _LEAST_WAIT)

    def _failure(self) -> LocalServiceFailed:
        """Say why there is no answer: the child has died, or it takes too long."""
        try:
            self._child.wait(
                min(self._remaining(), STOP_SECONDS)
            )  # a dying child has closed its pipes already
        except subprocess.TimeoutExpired:
            return LocalServiceFailed(
                f"The local function did not answer within {self._seconds:g} s. "
                "Try again, or name a running API with --api URL."
            )
        self._messages.seek(0)
        said = self._messages.read().decode(errors="replace").strip() or "it said nothing"
        return LocalServiceFailed(
            f"The local function did not start: {said.splitlines()[-1].rstrip('.')}. "
            "Mend this, or name a running API with --api URL."
        )
