from collections.abc import Iterator

import pytest

from tests.unit.maskclient.scripted_api import ScriptedApi, serving


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    scripted = ScriptedApi()
    with serving(scripted):
        yield scripted
