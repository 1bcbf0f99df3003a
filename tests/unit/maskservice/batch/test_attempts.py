import pytest

from maskservice.batch.attempts import MOST_DEATHS, Attempts
from maskservice.batch.faults import GaveUp
from maskservice.batch.keys import Source
from tests.batches import MemoryStore


class Death(BaseException):
    pass


def die(memory: MemoryStore, source: Source, receives: int) -> None:
    with pytest.raises(Death), Attempts(memory, 5).attempt(source, receives):
        raise Death


def test_the_first_time_leaves_no_trace(memory: MemoryStore, source: Source) -> None:
    die(memory, source, 1)
    assert memory.written == {}


def test_what_ends_in_good_order_leaves_no_trace(memory: MemoryStore, source: Source) -> None:
    with Attempts(memory, 5).attempt(source, 2):
        assert list(memory.written) == ["trying/2026-11-26/photos/job/a.jpg/v1.json.1"]
    assert memory.written == {}
    with pytest.raises(ValueError, match="no"), Attempts(memory, 5).attempt(source, 2):
        raise ValueError("no")
    assert memory.written == {}


def test_what_ends_the_process_again_and_again_is_given_up(memory: MemoryStore, source: Source) -> None:
    for receives in range(2, 2 + MOST_DEATHS):
        die(memory, source, receives)
    with pytest.raises(GaveUp, match="ended 3 times"), Attempts(memory, 9).attempt(source, 8):
        pytest.fail("it was tried again")


def test_a_picture_that_was_only_beside_it_is_not(memory: MemoryStore, source: Source) -> None:
    for receives in range(2, 2 + MOST_DEATHS):
        die(memory, source, receives)
    neighbour = source.of_member("b.jpg", "b.jpg")
    with Attempts(memory, 5).attempt(neighbour, 9):
        pass


@pytest.mark.parametrize(("deaths", "told"), [(1, "ended once"), (2, "ended 2 times")])
def test_what_has_come_long_enough_is_given_up_at_its_first_marker(
    deaths: int, told: str, memory: MemoryStore, source: Source
) -> None:
    for _ in range(deaths):
        die(memory, source, 4)
    before = dict(memory.written)
    with pytest.raises(GaveUp, match=told), Attempts(memory, 5).attempt(source, 5):
        pytest.fail("it was tried again")
    assert memory.written == before
