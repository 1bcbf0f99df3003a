"""Finds the Python that an artefact is built and emulated with."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from maskinfra.errors import SetupError

VARIABLE = "LAMBDA_PYTHON"
_PROBE = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"


def find_python(version: str) -> Path | None:
    """Find an interpreter of one minor version.

    Looked for in this order: the environment variable ``LAMBDA_PYTHON``, the Python that runs
    this, ``python<version>`` on the PATH, and pyenv's versions.

    Parameters
    ----------
    version : str
        Minor version, such as ``3.13``.

    Returns
    -------
    Path or None
        None where this machine has no such Python.

    Raises
    ------
    SetupError
        If ``LAMBDA_PYTHON`` names something else than that Python.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if minor_version(Path(named)) != version:
            raise SetupError(f"{VARIABLE} is {named!r}, which is no Python {version}.")
        return Path(named)
    return next((python for python in _candidates(version) if minor_version(python) == version), None)


def minor_version(python: Path) -> str | None:
    """Return the minor version that an interpreter tells, or None if it is none that runs.

    Parameters
    ----------
    python : Path
        Perhaps an interpreter; pyenv's shims, for one, exist for versions that are not active.
    """
    try:
        probe = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return probe.stdout.strip()


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"), reverse=True)
