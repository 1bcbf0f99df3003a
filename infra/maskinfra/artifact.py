"""Builds the folder that becomes the Lambda function: packages, code, model, bytecode."""

import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from maskinfra import layout
from maskinfra.additions import API, Addition
from maskinfra.errors import BuildError
from maskinfra.pruning import prune
from maskinfra.target import BuildRecord, Target, sources_digest

TASK_ROOT = "/var/task"
"""Where Lambda unpacks the artefact."""

SIZE_LIMIT = 250 * 1024 * 1024
"""Most bytes that Lambda unpacks (AWS Lambda quotas, deployment package)."""

_GLIBC_MINORS = range(34, 16, -1)
"""Of glibc 2.x. Lambda's Amazon Linux 2023 has 2.34; older wheels run on it, newer ones do not."""

_WHEEL_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Size:
    """How large an artefact is, in bytes.

    Attributes
    ----------
    unzipped, zipped : int
        As Lambda unpacks it, and as it is uploaded.
    """

    unzipped: int
    zipped: int


def build(artifact: Path, target: Target, python: Path, additions: Iterable[Addition] = API) -> None:
    """Build the artefact.

    Parameters
    ----------
    artifact : Path
        The folder to fill; what was in it is removed.
    target : Target
        What it is to run on.
    python : Path
        An interpreter of the target's version: it picks the wheels and compiles the bytecode.
    additions : iterable of Addition
        What comes into it besides packages, code and classifier; those of the API by default.

    Raises
    ------
    BuildError
        If a step fails, or the result is larger than Lambda accepts or does not classify.
    """
    additions = tuple(additions)
    digest = sources_digest(additions)
    shutil.rmtree(artifact, ignore_errors=True)
    artifact.mkdir(parents=True)
    _install(artifact, target, python)
    prune(artifact)
    shutil.copytree(
        layout.PACKAGE, artifact / layout.PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__")
    )
    model = artifact / layout.MODEL.relative_to(layout.ROOT)
    model.parent.mkdir()
    shutil.copy(layout.MODEL, model)
    for addition in additions:
        addition.copy_into(artifact)
    _compile(artifact, python)
    if target.runs_here:
        check = Path(__file__).with_name("selfcheck.py")
        _run([str(python), "-I", "-S", "-B", str(check), str(artifact)], "check the artefact")
    else:
        print(f"Not checked by running it: this machine is no {target.architecture}.")
    if unzipped_size(artifact) > SIZE_LIMIT:
        raise BuildError(f"The artefact is {unzipped_size(artifact)} bytes; Lambda takes {SIZE_LIMIT}.")
    BuildRecord(target, digest).write(artifact)


def unzipped_size(artifact: Path) -> int:
    """Return the bytes of all files of an artefact."""
    return sum(file.stat().st_size for file in artifact.rglob("*") if file.is_file())


def measure(artifact: Path, archive: Path) -> Size:
    """Measure an artefact by zipping it the way SAM does.

    Parameters
    ----------
    artifact : Path
        The built folder.
    archive : Path
        The zip file to write.
    """
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(artifact.rglob("*")):
            packed.write(file, file.relative_to(artifact))
    return Size(unzipped_size(artifact), archive.stat().st_size)


def _install(artifact: Path, target: Target, python: Path) -> None:
    """Install the locked wheels.

    pip runs under the target's own Python because the lock's environment markers are evaluated
    for the Python that runs pip, whatever ``--python-version`` says.
    """
    machine = _WHEEL_MACHINES[target.architecture]
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS]
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"]
    wheels = ["--only-binary=:all:", *platforms, f"--platform=manylinux2014_{machine}"]
    places = [f"--target={artifact}", "-r", str(layout.REQUIREMENTS)]
    _run([str(python), "-m", "pip", "install", *options, *wheels, *places], "install the packages")


def _compile(artifact: Path, python: Path) -> None:
    """Compile to bytecode, which Lambda cannot write itself: /var/task is read-only.

    Unchecked hashes, because zipping changes the time stamps that Python would compare otherwise.
    Not optimised: Lambda's Python looks for unoptimised files only, and FastAPI reads docstrings.
    The sources stay, for tracebacks. The paths inside are Lambda's, not this machine's.
    """
    paths = ["-s", str(artifact), "-p", TASK_ROOT]
    flags = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    _run([str(python), "-m", "compileall", *flags, *paths, str(artifact)], "compile")


def _run(command: list[str], purpose: str) -> None:
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(f"Could not {purpose}:\n{(result.stdout + result.stderr).strip()}")
