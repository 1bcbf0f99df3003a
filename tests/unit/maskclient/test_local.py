import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskclient.api import MaskCheckClient
from maskclient.errors import LocalServiceFailed
from maskclient.local import FUNCTION_APP, LocalService, local_service


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # In a container nobody may collect what an ended process leaves behind.
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def gone_soon(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not running(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with local_service() as started:
        yield started


def test_the_function_answers(service: LocalService) -> None:
    with MaskCheckClient(service.url) as client:
        assert client.health().status == "ok"
        assert client.model().crop_margin > 0
    assert service.url.startswith("http://127.0.0.1:")
    assert running(service.pid)


def test_answers_do_not_wait_for_receipts(service: LocalService) -> None:
    with MaskCheckClient(service.url) as client:
        client.health()
        times = []
        for _ in range(9):
            started = time.perf_counter()
            client.health()
            times.append(time.perf_counter() - started)
    assert min(times) < 0.03  # 40 ms is what a receipt is delayed


def test_two_can_run_at_once(service: LocalService) -> None:
    with local_service() as other:
        assert other.url != service.url
        assert other.pid != service.pid
    assert not running(other.pid)
    assert running(service.pid)


def test_it_ends_with_the_block_whatever_happens() -> None:
    def fail_inside() -> None:
        with local_service() as started:
            pids.append(started.pid)
            raise KeyboardInterrupt

    pids: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        fail_inside()
    assert not running(pids[0])


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_it_ends_with_a_parent_that_is_killed(signal: str) -> None:
    code = f"""
        import os, signal
        from maskclient.local import local_service
        # A shell's background jobs ignore Ctrl-C, and their children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with local_service() as service:
            print(service.pid, flush=True)
            os.kill(os.getpid(), signal.{signal})
            signal.pause()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    parent = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert parent.returncode != 0
    assert gone_soon(int(parent.stdout))


def test_a_function_that_is_not_there_is_told() -> None:
    with (
        pytest.raises(LocalServiceFailed, match="no_such_module") as caught,
        local_service("no_such_module:app"),
    ):
        pass
    assert "--api URL" in str(caught.value)


def test_a_function_without_a_model_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MASKCHECK_MODEL", str(tmp_path / "missing.onnx"))
    with pytest.raises(LocalServiceFailed, match=r"missing\.onnx"), local_service():
        pass


def test_an_application_that_is_no_function_is_told() -> None:
    with pytest.raises(LocalServiceFailed), local_service("maskclient.api:MaskCheckClient"):
        pass


def test_the_wait_is_bounded() -> None:
    with pytest.raises(LocalServiceFailed, match=r"within 0\.01 s"), local_service(FUNCTION_APP, 0.01):
        pass
