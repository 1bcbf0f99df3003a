import pytest
from fastapi import FastAPI

from tests.callers import CALLERS, Caller


@pytest.fixture(params=CALLERS)
def call(request: pytest.FixtureRequest, app: FastAPI) -> Caller:
    return CALLERS[request.param](app)
