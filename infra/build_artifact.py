"""Fills the folder that SAM packs: called by function/Makefile with the folder and the function's name."""

import sys
from pathlib import Path

from maskinfra.additions import OF_FUNCTION
from maskinfra.artifact import build
from maskinfra.errors import InfraError, SetupError
from maskinfra.interpreters import VARIABLE, find_python
from maskinfra.target import Target


def main() -> int:
    """Build the artefact that a template describes; return the exit status."""
    try:
        target = Target.of_template()
        build(Path(sys.argv[1]), target, _python(target.python), OF_FUNCTION[sys.argv[2]])
    except InfraError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _python(version: str) -> Path:
    python = find_python(version)
    if python is None:
        raise SetupError(
            f"The function runs on Python {version}, which this machine lacks: install it, or name it in "
            f"{VARIABLE}."
        )
    return python


if __name__ == "__main__":
    sys.exit(main())
