"""Installs what Lambda's runtime brings along for the Python of an artefact, outside of the artefact."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from maskinfra import layout
from maskinfra.errors import EmulatorError, SetupError

PACKAGES = (
    *("awslambdaric", "simplejson", "snapshot-restore-py"),
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
)
"""The Runtime Interface Client and boto3, and what they need. None of them is part of the artefact."""


def install_runtime_client(python: Path, version: str) -> Path:
    """Install the packages, unless they are there already.

    Parameters
    ----------
    python : Path
        The interpreter that will run the function.
    version : str
        Its minor version, such as ``3.13``.

    Returns
    -------
    Path
        The folder to put on that Python's path.

    Raises
    ------
    EmulatorError
        If the packages cannot be installed.
    SetupError
        If the lock of the tests does not pin them.
    """
    pins = _pins(layout.TEST_REQUIREMENTS.read_text(encoding="utf-8"))
    identity = hashlib.sha256(pins.encode()).hexdigest()[:12]
    folder = layout.EMULATOR / f"runtime-py{version}-{identity}"
    if folder.is_dir():
        return folder
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    lock = unfinished / "requirements.txt"
    lock.write_text(pins, encoding="utf-8")
    options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
    pinned = ["--no-deps", "--require-hashes", "-r", str(lock)]
    command = [str(python), "-m", "pip", "install", *options, f"--target={unfinished}", *pinned]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise EmulatorError(
            f"Could not install {PACKAGES[0]} and boto3 for Python {version}:\n{result.stderr.strip()}"
        )
    return unfinished.rename(folder)


def _pins(lock: str) -> str:
    """Cut the entries of `PACKAGES` out of a lock, where only the lines within an entry are indented."""
    entries = re.findall(r"^(([\w.-]+)==.*\n(?:[ \t].*\n)*)", lock, re.MULTILINE)
    missing = set(PACKAGES) - {name for _, name in entries}
    if missing:
        raise SetupError(f"The lock of the tests lacks {', '.join(sorted(missing))}: run `make lock`.")
    return "".join(entry for entry, name in entries if name in PACKAGES)
