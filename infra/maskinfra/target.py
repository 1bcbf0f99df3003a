"""What the artefact is built for, and the record of it that travels inside."""

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from maskinfra import layout
from maskinfra.additions import API as API_ADDITIONS
from maskinfra.additions import Addition
from maskinfra.errors import SetupError
from maskinfra.stacks import API, Stack

MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
"""How `platform.machine` calls the architectures that Lambda has."""

ARCHITECTURE_VARIABLE = "MASKCHECK_ARCHITECTURE"
RECORD_NAME = "build.json"

BUILDER_MODULES = ("additions.py", "artifact.py", "pruning.py", "selfcheck.py")
"""What of this package decides on the content of an artefact."""


@dataclass(frozen=True)
class Target:
    """What a Lambda artefact runs on.

    Attributes
    ----------
    python : str
        Minor version, such as ``3.13``.
    architecture : str
        As Lambda calls it: ``x86_64`` or ``arm64``.
    """

    python: str
    architecture: str

    @classmethod
    def of_template(cls) -> Self:
        """Read the target out of template.yaml.

        SAM tells a makefile build neither, so the runtime's line and the default of the parameter
        ``Architecture`` are read here, searched as text because the build needs no installed
        package. ``MASKCHECK_ARCHITECTURE`` stands in for that default, as ``--parameter-overrides``
        does for SAM; `make build` and `make deploy` set both.

        Raises
        ------
        SetupError
            If the template does not have each exactly once, or the variable means nothing.
        """
        text = layout.TEMPLATE.read_text(encoding="utf-8")
        pythons = re.findall(r"^ +Runtime: python(\d\.\d+)$", text, re.MULTILINE)
        defaults = re.findall(r"^  Architecture:\n    Type: String\n    Default: (\w+)$", text, re.MULTILINE)
        if len(pythons) != 1 or len(defaults) != 1:
            raise SetupError(
                f"{layout.TEMPLATE.name} must have one line 'Runtime: python3.N' and one parameter "
                "'Architecture' that begins with 'Type: String' and 'Default: …'."
            )
        architecture = os.environ.get(ARCHITECTURE_VARIABLE) or defaults[0]
        if architecture not in MACHINES.values():
            raise SetupError(f"{architecture!r} is no architecture of Lambda's: it has x86_64 and arm64.")
        return cls(pythons[0], architecture)

    @property
    def runs_here(self) -> bool:
        """Whether this machine has the target's architecture."""
        return host_architecture() == self.architecture


def host_architecture() -> str:
    """Return this machine's architecture as Lambda calls it."""
    return MACHINES.get(platform.machine().lower(), platform.machine())


@dataclass(frozen=True)
class BuildRecord:
    """What an artefact was made from and for: ``build.json`` inside it.

    Attributes
    ----------
    target : Target
        What it runs on.
    sources : str
        `sources_digest` at the time of the build.
    """

    target: Target
    sources: str

    @classmethod
    def read(cls, artifact: Path) -> Self | None:
        """Return the record of an artefact, or None where there is no complete one."""
        try:
            fields = json.loads((artifact / RECORD_NAME).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(Target(**fields["target"]), fields["sources"])

    def write(self, artifact: Path) -> None:
        """Write the record into an artefact."""
        (artifact / RECORD_NAME).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def sources_digest(additions: Iterable[Addition] = API_ADDITIONS) -> str:
    """Return the SHA-256 over everything an artefact is made from, the builder included.

    Parameters
    ----------
    additions : iterable of Addition
        What the artefact holds besides packages, code and classifier; those of the API by default.
    """
    builder = [Path(__file__).with_name(name) for name in BUILDER_MODULES]
    files = [*layout.PACKAGE.rglob("*.py"), layout.REQUIREMENTS, layout.MODEL, *builder]
    digest = hashlib.sha256()
    named = [(str(file.relative_to(layout.ROOT)), file) for file in sorted(files)]
    for name, file in [*named, *(pair for addition in additions for pair in addition.files())]:
        digest.update(f"{name}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def built_artifact(stack: Stack = API) -> Path | None:
    """Return a stack's artefact that was built from the present sources, Lambda's own first."""
    digest = sources_digest(stack.additions)
    for artifact in (stack.artifact, stack.local):
        record = BuildRecord.read(artifact)
        if record is not None and record.sources == digest and record.target.runs_here:
            return artifact
    return None
