import io

import pytest

from maskservice.batch.faults import ArchiveTooLarge, BadArchive
from maskservice.batch.guardedfile import MOST_AT_ONCE, GuardedFile


def test_it_reads_like_any_file() -> None:
    file = GuardedFile(io.BytesIO(b"0123456789"))
    assert file.seekable()
    assert file.read(3) == b"012"
    assert file.tell() == 3
    assert file.seek(-2, 2) == 8
    assert file.read() == b"89"
    assert file.last == b"89"


def test_no_single_read_takes_more_than_the_limit() -> None:
    file = GuardedFile(io.BytesIO(bytes(MOST_AT_ONCE + 1)))
    for size in (MOST_AT_ONCE + 1, -1):
        file.seek(0)
        with pytest.raises(BadArchive):
            file.read(size)
    file.seek(1)
    assert len(file.read()) == MOST_AT_ONCE


def test_it_ends_at_its_limit() -> None:
    file = GuardedFile(io.BytesIO(bytes(20)), 10)
    assert len(file.read(10)) == 10
    with pytest.raises(ArchiveTooLarge):
        file.read(1)
    with pytest.raises(ArchiveTooLarge):
        file.seek(11)
