"""What a deployment is told besides what its operator says."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from maskinfra import layout
from maskinfra.errors import SetupError
from maskinfra.target import BuildRecord, sources_digest

_OURS = ("Architecture", "Revision")


def overrides(arguments: Sequence[str]) -> list[str]:
    """Return the parameters of a deployment, as ``sam deploy --parameter-overrides`` takes them.

    The architecture is that of the artefact, and the revision is new each time, so that a version
    is published whatever has changed: code, a parameter, or the model that an alias stands for.

    Parameters
    ----------
    arguments : sequence of str
        The operator's own, as NAME=VALUE.

    Raises
    ------
    SetupError
        If an argument is no parameter, or there is no artefact of the present sources.
    """
    known = re.findall(r"^  (\w+):$", _section("Parameters"), re.MULTILINE)
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if not equals or name not in known or name in _OURS:
            offered = ", ".join(sorted(set(known) - set(_OURS)))
            raise SetupError(
                f"{argument!r} is no parameter. Write NAME=VALUE, where NAME is one of {offered}."
            )
    record = BuildRecord.read(layout.SAM_ARTIFACT)
    if record is None or record.sources != sources_digest():
        raise SetupError("There is no artefact of the present sources to deploy: run `make build`.")
    revision = hashlib.sha256(f"{record.sources} {datetime.now(UTC).isoformat()}".encode()).hexdigest()
    return [*arguments, f"Architecture={record.target.architecture}", f"Revision={revision}"]


def _section(name: str) -> str:
    """Return the lines of the template under one of its top-level keys."""
    text = layout.TEMPLATE.read_text(encoding="utf-8")
    found = re.search(rf"^{name}:\n((?: .*\n|\n)*)", text, re.MULTILINE)
    return found[1] if found else ""
