"""A display of its own for tests of windows."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def virtual_display(size: str = "1280x900") -> Iterator[str]:
    """Xvfb on a number that it chooses; skips the test where there is none."""
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        if not number:
            pytest.skip("Xvfb does not start")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DISPLAY", f":{number}")
            yield f":{number}"
        server.terminate()
