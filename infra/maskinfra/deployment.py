"""What a deployment is told besides what its operator says."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from maskinfra.additions import PAGE
from maskinfra.errors import SetupError
from maskinfra.stacks import API, Stack
from maskinfra.target import BuildRecord, sources_digest

_OURS = ("Architecture", "Revision", "ServeWeb")


def overrides(arguments: Sequence[str], stack: Stack = API) -> list[str]:
    """Return the parameters of a deployment, as ``sam deploy --parameter-overrides`` takes them.

    The architecture is that of the artefact, and the try-it page is served if it is in there. Where
    versions are published, the revision is new each time, so that one is whatever has changed: code, a
    parameter, or the model that an alias stands for.

    Parameters
    ----------
    arguments : sequence of str
        The operator's own, as NAME=VALUE.
    stack : Stack
        What is deployed.

    Raises
    ------
    SetupError
        If an argument is no parameter, or there is no artefact of the present sources.
    """
    known = re.findall(r"^  (\w+):$", _parameters(stack), re.MULTILINE)
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if not equals or name not in known or name in _OURS:
            offered = ", ".join(sorted(set(known) - set(_OURS)))
            raise SetupError(
                f"{argument!r} is no parameter. Write NAME=VALUE, where NAME is one of {offered}."
            )
    record = BuildRecord.read(stack.artifact)
    if record is None or record.sources != sources_digest(stack.additions):
        raise SetupError(f"There is no artefact of the present sources to deploy: run `make {stack.make}`.")
    told = [*arguments, f"Architecture={record.target.architecture}"]
    if "Revision" not in known:
        return told
    revision = hashlib.sha256(f"{record.sources} {datetime.now(UTC).isoformat()}".encode()).hexdigest()
    return [*told, f"Revision={revision}", f"ServeWeb={'on' if PAGE in stack.additions else 'off'}"]


def _parameters(stack: Stack) -> str:
    """Return the lines of the template that declare its parameters."""
    text = stack.template.read_text(encoding="utf-8")
    found = re.search(r"^Parameters:\n((?: .*\n|\n)*)", text, re.MULTILINE)
    return found[1] if found else ""
