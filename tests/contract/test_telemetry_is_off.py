"""ONNX Runtime's wheels collect and send usage events unless told not to, before they are imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
{code}
assert "onnxruntime" in sys.modules
"""
CODES = {
    "function": "from maskservice.handler import app",
    "client": "from maskclient.owndetector import load_own_detector\nload_own_detector()",
    "page": "import sys\nsys.path.insert(0, 'infra')\nfrom maskinfra import website\nwebsite._detector()",
    "batch": "import maskservice.batch.facefinder",
    "training": "import masktrain, onnxruntime, runpy\n"
    "from maskservice.classifier import load_classifier\n"
    "from maskservice.modelstore import read_model\n"
    "from maskservice.settings import bundled_model\n"
    "load_classifier(read_model(bundled_model()))",
}


def run(code: str, home: Path, **variables: str) -> None:
    """Run code in a fresh process with a home folder of its own.

    Of the environment only what Python needs goes along: in continuous integration (``CI`` and the like)
    ONNX Runtime collects nothing by itself, and the test would show nothing.
    """
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), **variables}
    command = [sys.executable, "-c", RUN.format(code=code)]
    subprocess.run(command, env=environment, capture_output=True, check=True)


@pytest.mark.parametrize("room", CODES)
def test_nothing_is_collected(room: str, tmp_path: Path) -> None:
    run(CODES[room], tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_this_test_can_fail(tmp_path: Path) -> None:
    """Where a future ONNX Runtime collects nothing by itself, the variable can go."""
    run(CODES["function"], tmp_path, ORT_DISABLE_TELEMETRY="0")
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()]
