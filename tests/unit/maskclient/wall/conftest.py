from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from maskclient.wall.app import create_app
from maskclient.wall.hub import Hub
from maskclient.wall.server import WallServer
from tests.unit.maskclient.wall.fakes import FakeCameras

Serve = Callable[..., WallServer]


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def cameras() -> FakeCameras:
    return FakeCameras()


@pytest.fixture
def serve(hub: Hub, cameras: FakeCameras) -> Iterator[Serve]:
    """Starts walls that end with the test."""
    with ExitStack() as stack:

        def start(token: str | None = None, port: int = 0) -> WallServer:
            app = create_app(hub, cameras, token, "127.0.0.1")
            return stack.enter_context(WallServer(app, "127.0.0.1", port))

        yield start
