from collections.abc import Iterator
from pathlib import Path

import pytest

from maskclient.local import local_service
from maskinfra.local_build import build_here
from maskinfra.stacks import API, BATCH, Stack
from maskinfra.target import built_artifact, host_architecture
from tests.e2e.pageserver import PageServer, serving
from tests.e2e.pagetools import built_site
from tests.e2e.walls import Wall, record, running_wall


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


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Address of the function, run by the client on this computer."""
    with local_service() as running:
        yield running.url


@pytest.fixture(scope="session")
def wall_videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the cameras of the wall see, by their names."""
    return record(tmp_path_factory.mktemp("wall"))


@pytest.fixture
def wall(service: str, wall_videos: dict[str, Path]) -> Iterator[Wall]:
    with running_wall(service, wall_videos) as running:
        yield running


@pytest.fixture
def server() -> Iterator[PageServer]:
    """The try-it page beside the function, with the key and the troubles that a test gives it."""
    with serving(built_site()) as running:
        yield running
