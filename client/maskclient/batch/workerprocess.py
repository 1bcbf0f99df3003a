"""One worker of the function on this computer: a child process that is asked line by line."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from maskclient.errors import LocalServiceFailed

WORKER = (sys.executable, "-P", "-m", "maskservice.batch.local")
STOP_SECONDS = 5.0
"""How long a worker may take to end by itself before it is killed."""


class WorkerDied(Exception):
    """The worker ended, or said what no worker says; the text tells how."""


class WorkerProcess:
    """A worker, which ends with its ``with`` block, and also when this process is killed.

    Parameters
    ----------
    arguments : sequence of str
        Of the worker: where the files lie and where its results go.
    command : sequence of str
        What starts a worker.
    """

    def __init__(self, arguments: Sequence[str], command: Sequence[str] = WORKER) -> None:
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        try:
            self._child = subprocess.Popen(  # noqa: S603 - this interpreter, the function beside this package
                [*command, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._messages,
                env={**os.environ, "MASKCHECK_LOG_LEVEL": "ERROR"},  # nobody reads a line per picture
                start_new_session=True,  # Ctrl-C is for this process, which ends the child in good order
            )
        except BaseException:
            self._messages.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._child.pid

    def wait_until_ready(self) -> Mapping[str, Any]:
        """Return what it says when its models are loaded.

        Raises
        ------
        LocalServiceFailed
            If it does not start; the text holds what it said.
        """
        try:
            first = self.read()
        except WorkerDied as error:
            raise LocalServiceFailed(
                f"The function did not start on this computer: {error}. "
                "Mend this, or send the pictures to a bucket with --bucket."
            ) from error
        if first.get("ready") is not True:
            raise LocalServiceFailed(
                "What runs as maskservice.batch.local here is no worker of this version."
            )
        return first

    def ask(self, path: str, receives: int = 1) -> None:
        """Hand it a file.

        Parameters
        ----------
        path : str
            Below the folder of inputs.
        receives : int
            How often a worker has begun with it, this time included; tells it what to be careful with.

        Raises
        ------
        WorkerDied
            If it takes no more.
        """
        try:
            self._stdin.write(json.dumps({"path": path, "receives": receives}).encode() + b"\n")
            self._stdin.flush()
        except OSError as error:
            raise WorkerDied(self._how_it_ended()) from error

    def read(self) -> Mapping[str, Any]:
        """Wait for its next line.

        Raises
        ------
        WorkerDied
            If there is none any more.
        """
        line = self._stdout.readline()
        if not line.endswith(b"\n"):
            raise WorkerDied(self._how_it_ended())
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise WorkerDied(f"it said what no worker says: {line[:80]!r}")
        return said

    def terminate(self) -> None:
        """Tell it to end now; any thread may do so."""
        self._child.terminate()

    def stop(self) -> None:
        """End it: it sees its standard input close."""
        try:
            with contextlib.suppress(OSError):
                self._stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(STOP_SECONDS)
        finally:
            self._child.kill()  # does nothing to a child that has ended
            self._child.wait()
            self._stdout.close()
            self._messages.close()

    @property
    def _stdin(self) -> Any:  # noqa: ANN401 - a pipe, which Popen may lack and this one does not
        return self._child.stdin

    @property
    def _stdout(self) -> Any:  # noqa: ANN401 - as above
        return self._child.stdout

    def _how_it_ended(self) -> str:
        try:
            code = self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return "it closed its output"
        self._messages.seek(0)
        said = self._messages.read().decode(errors="replace").strip().splitlines()
        if said:
            return said[-1].rstrip(".")
        return f"it was ended by {_signal_name(-code)}" if code < 0 else f"it ended with exit code {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def worker_arguments(root: Path, results: Path, *, crops: bool) -> list[str]:
    """Return the arguments of a worker."""
    return ["--in", str(root), "--out", str(results), *(["--crops"] if crops else [])]
