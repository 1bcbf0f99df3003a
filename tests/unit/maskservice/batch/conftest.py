from collections.abc import Iterator
from pathlib import Path

import pytest

from maskservice.batch.judging import Judge
from maskservice.batch.keys import Source
from maskservice.batch.settings import BatchSettings
from tests.batches import BUCKET, SECRETS, Cloud, MemoryStore, cloud, real_judge


@pytest.fixture(scope="session")
def judge() -> Judge:
    return real_judge()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def sky() -> Iterator[Cloud]:
    with cloud() as opened:
        yield opened


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def settings() -> BatchSettings:
    return BatchSettings(Path())


@pytest.fixture
def source() -> Source:
    return Source(BUCKET, "in/photos/job/a.jpg", "v1", "2026-11-26", crop=False)
