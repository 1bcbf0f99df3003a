"""What can be deployed: a template, its function, and where SAM builds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maskinfra import layout
from maskinfra.additions import OF_FUNCTION, Addition


@dataclass(frozen=True)
class Stack:
    """A template with one function.

    Attributes
    ----------
    template : Path
        SAM's template.
    function : str
        The function's name in it.
    built : Path
        Where SAM puts the artefact and a template that points to it.
    local : Path
        Where an artefact for another Python than Lambda's is put; no deployment looks there.
    make : str
        The make target that builds it.
    environment : str
        Its section of samconfig.toml.
    """

    template: Path
    function: str
    built: Path
    local: Path
    make: str
    environment: str

    @property
    def artifact(self) -> Path:
        """Where the built function is."""
        return self.built / self.function

    @property
    def additions(self) -> Sequence[Addition]:
        """What its artefact holds besides packages, code and classifier."""
        return tuple(OF_FUNCTION[self.function])


API = Stack(
    template=layout.TEMPLATE,
    function="MaskFunction",
    built=layout.SAM_ARTIFACT.parent,
    local=layout.LOCAL_ARTIFACT,
    make="build",
    environment="default",
)
BATCH = Stack(
    template=layout.INFRA / "batch.yaml",
    function="BatchFunction",
    built=layout.ROOT / ".aws-sam" / "batch",
    local=layout.ROOT / "build" / "batch-artifact",
    make="build-batch",
    environment="batch",
)
STACKS = {"api": API, "batch": BATCH}
