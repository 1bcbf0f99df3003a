"""Runs an artefact under AWS's Runtime Interface Emulator: Lambda's real path, without Docker."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from maskinfra.errors import EmulatorError
from maskinfra.interpreters import find_python
from maskinfra.runtime_client import install_runtime_client
from maskinfra.target import BuildRecord, host_architecture

HANDLER = "maskservice.handler.handler"
INVOCATION_PATH = "/2015-03-31/functions/function/invocations"
FUNCTION_TIMEOUT_S = 60
"""Generous beside the template's: a busy developer machine is no Lambda."""

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 10.0
_LOG_TAIL = 4000


class Emulator:
    """A running function, as a context manager.

    Listens on two free loopback ports, and ends with its ``with`` block whatever happens there.
    The function is started by the first call to `invoke`, as by Lambda.

    Parameters
    ----------
    artifact : Path
        A built artefact, with its record.
    handler : str
        Module and name of what is called.
    environment : mapping of str to str, optional
        Variables beside those that Lambda sets, as a template gives them to its function.

    Attributes
    ----------
    python_version : str
        Of the Python that runs the function, such as ``3.13``; known once entered.

    Raises
    ------
    EmulatorError
        When entered, if this machine lacks something that the emulation needs, or it does not start.
    """

    def __init__(
        self, artifact: Path, handler: str = HANDLER, environment: Mapping[str, str] | None = None
    ) -> None:
        self.python_version = ""
        self._handler = handler
        self._environment = dict(environment or {})
        self._pid = 0
        self._artifact = artifact
        self._port = _free_port()
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        self.python_version, python = _interpreter_of(self._artifact)
        runtime_client = install_runtime_client(python, self.python_version)
        addresses = {
            "--runtime-interface-emulator-address": f"127.0.0.1:{self._port}",
            "--runtime-api-address": f"127.0.0.1:{_free_port()}",
        }
        options = [part for pair in addresses.items() for part in pair]
        # Without -S, packages installed on this machine could stand in for what the artefact lacks.
        function = [str(python), "-S", "-m", "awslambdaric", self._handler]
        with ExitStack() as resources:
            self._log = resources.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(
                [str(_emulator_binary()), "--log-level", "error", *options, *function],
                cwd=self._artifact,
                env=self._environment | _lambda_environment(self._artifact, runtime_client, self._handler),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
            )
            resources.callback(_stop, process)
            self._pid = process.pid
            self._wait_until_listening(process)
            self._resources = resources.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Call the function with one event.

        Parameters
        ----------
        event : dict
            As Lambda gets it, from API Gateway for one.

        Returns
        -------
        dict
            What the function returned; for API Gateway ``statusCode``, ``headers``, ``body`` and
            ``isBase64Encoded``.

        Raises
        ------
        EmulatorError
            If the function crashed or did not answer; with the end of its log.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=FUNCTION_TIMEOUT_S + 5)
        try:
            connection.request("POST", INVOCATION_PATH, json.dumps(event))
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EmulatorError(f"The function did not answer ({error!r}):\n{self.log_tail()}") from error
        finally:
            connection.close()
        # So the runtime client tells of an exception, and the emulator of a process that ended.
        if not isinstance(answer, dict) or "errorType" in answer or "errorMessage" in answer:
            raise EmulatorError(f"The function failed: {answer}\n{self.log_tail()}")
        return answer

    def peak_memory(self) -> int:
        """Return the most memory that the function's process has had resident, in bytes.

        Raises
        ------
        EmulatorError
            If the function has not been started by an invocation.
        """
        threads = Path(f"/proc/{self._pid}/task").glob(
            "*/children"
        )  # any of the emulator's may have started it
        for child in [child for told in threads for child in told.read_text(encoding="ascii").split()]:
            told = Path(f"/proc/{child}/status").read_text(encoding="ascii", errors="replace")
            peak = re.search(r"^VmHWM:\s+(\d+) kB$", told, re.MULTILINE)
            if peak:
                return int(peak[1]) * 1024
        raise EmulatorError("The function does not run: invoke it first.")

    def log_tail(self) -> str:
        """Return the end of what the function and the emulator wrote."""
        size = os.fstat(self._log.fileno()).st_size
        # Not seek and read: the position is shared with the processes that write.
        tail = os.pread(self._log.fileno(), _LOG_TAIL, max(0, size - _LOG_TAIL))
        return tail.decode(errors="replace").strip()

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.02)
        raise EmulatorError(f"The Runtime Interface Emulator did not start:\n{self.log_tail()}")


def _interpreter_of(artifact: Path) -> tuple[str, Path]:
    """Return the version an artefact was built for and this machine's Python of that version."""
    record = BuildRecord.read(artifact)
    if record is None:
        raise EmulatorError(f"There is no built artefact in {artifact}: run `make build`.")
    python = find_python(record.target.python)
    if python is None:
        raise EmulatorError(f"The artefact is for Python {record.target.python}, which this machine lacks.")
    return record.target.python, python


def _lambda_environment(artifact: Path, runtime_client: Path, handler: str) -> dict[str, str]:
    """Return what Lambda sets, and nothing of this machine but the PATH."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(artifact),
        "_HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": "MaskFunction",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(FUNCTION_TIMEOUT_S),
        "PYTHONPATH": str(runtime_client),
        # As under Lambda, whose /var/task is read-only.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the emulator; on this signal it ends the function first."""
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _emulator_binary() -> Path:
    """Return the emulator that aws-sam-cli carries for this machine."""
    if sys.platform != "linux":
        raise EmulatorError(
            "The emulator is a Linux program. Elsewhere `sam local invoke` does it, with Docker."
        )
    package = find_spec("samcli")
    if package is None or package.origin is None:
        raise EmulatorError("aws-sam-cli is not installed here; it carries the Runtime Interface Emulator.")
    name = f"aws-lambda-rie-{host_architecture()}"
    binary = Path(package.origin).parent / "local" / "rapid" / name
    if not binary.is_file():
        raise EmulatorError(f"aws-sam-cli carries no {name}: this machine's architecture is not emulated.")
    return binary


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
