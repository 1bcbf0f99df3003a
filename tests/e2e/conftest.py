from pathlib import Path

import pytest

from maskinfra.local_build import build_here
from maskinfra.target import built_artifact, host_architecture


@pytest.fixture(scope="session")
def artifact() -> Path:
    """The Lambda artefact of the present sources; built where there is none yet."""
    found = built_artifact()
    if found is None:
        build_here()
        found = built_artifact()
    if found is None:
        pytest.skip(f"the template's architecture does not run on this machine ({host_architecture()})")
    return found
