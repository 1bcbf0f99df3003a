from pathlib import Path

import pytest

from maskinfra.local_build import build_here
from maskinfra.stacks import API, BATCH, Stack
from maskinfra.target import built_artifact, host_architecture


@pytest.fixture(scope="session")
def artifact() -> Path:
    """The Lambda artefact of the present sources; built where there is none yet."""
    return built(API)


@pytest.fixture(scope="session")
def batch_artifact() -> Path:
    """The same of the function that works at a bucket."""
    return built(BATCH)


def built(stack: Stack) -> Path:
    found = built_artifact(stack)
    if found is None:
        build_here(stack)
        found = built_artifact(stack)
    if found is None:
        pytest.skip(f"the template's architecture does not run on this machine ({host_architecture()})")
    return found
