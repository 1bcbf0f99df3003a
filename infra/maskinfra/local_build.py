"""Builds the artefact on this machine, whatever Pythons it has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from maskinfra import layout
from maskinfra.artifact import build
from maskinfra.errors import BuildError
from maskinfra.interpreters import VARIABLE, find_python
from maskinfra.stacks import API, Stack
from maskinfra.target import Target, host_architecture


def build_here(stack: Stack = API) -> Path:
    """Build with SAM, or without it for the Python at hand where Lambda's is missing.

    Parameters
    ----------
    stack : Stack
        Whose artefact.

    Returns
    -------
    Path
        The artefact. The second kind can be emulated, but lies where no deployment looks for it.

    Raises
    ------
    BuildError
        If the build failed.
    """
    target = Target.of_template()
    if find_python(target.python) is not None:
        _sam_build(target, stack)
        return stack.artifact
    here = Target("{}.{}".format(*sys.version_info[:2]), host_architecture())
    print(
        f"The function runs on Python {target.python}, which this machine lacks: install it, or name it in "
        f"{VARIABLE}. Building for Python {here.python} instead: good for `make emulate`, not to deploy."
    )
    build(stack.local, here, Path(sys.executable), stack.additions)
    return stack.local


def _sam_build(target: Target, stack: Stack) -> None:
    scripts = Path(sys.executable).parent
    sam = shutil.which("sam", path=str(scripts)) or shutil.which("sam")
    if sam is None:
        raise BuildError(f"The SAM CLI is not installed: `make {stack.make}` installs it.")
    # The makefile's `python3` is then this one, wherever the build was started from.
    path = os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
    places = ["--template-file", str(stack.template), "--build-dir", str(stack.built)]
    command = [sam, "build", *places, "--parameter-overrides", f"Architecture={target.architecture}"]
    if subprocess.run(command, cwd=layout.ROOT, env=environment, check=False).returncode != 0:
        raise BuildError("`sam build` failed: see above.")
