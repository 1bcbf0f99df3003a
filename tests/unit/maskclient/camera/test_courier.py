import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from maskclient.camera import courier as module
from maskclient.camera.courier import MOST_WAITING, Courier, Question
from maskclient.errors import ApiUnreachable, AuthenticationError, RateLimited
from maskclient.wire import Health, Judgement
from tests.unit.maskclient.camera.fakes import FakeApi


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.01)
    monkeypatch.setattr(module, "REFUSED_SECONDS", 0.05)


class Replies:
    def __init__(self) -> None:
        self.all: list[tuple[int, str | None]] = []

    def __call__(self, question: Question, judgement: Judgement | None) -> None:
        self.all.append((question.key[1], judgement.verdict if judgement else None))

    def question(self, track: int, jpeg: bytes = b"jpeg") -> Question:
        return Question(("door", track), jpeg, 0.0, self)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@contextmanager
def blocked(api: FakeApi, courier: Courier, replies: Replies) -> Iterator[None]:
    """While a first question is on its way."""
    api.gate.clear()
    courier.ask(replies.question(0))
    until(lambda: api.sizes == [1])
    yield
    api.gate.set()


def test_what_gathers_meanwhile_shares_requests() -> None:
    api, replies = FakeApi(), Replies()
    with Courier(api, api) as courier:
        with blocked(api, courier, replies):
            for track in range(1, 21):
                courier.ask(replies.question(track))
        until(lambda: len(replies.all) == 21)
    assert api.sizes == [1, 16, 4]
    assert courier.traffic.calls == 3
    assert courier.traffic.crops == 21
    assert courier.traffic.bytes == 21 * 4
    assert courier.traffic.model == "1.0.0"
    assert courier.traffic.round_trip_ms is not None


def test_a_newer_crop_takes_the_place_of_the_older() -> None:
    api, replies = FakeApi(), Replies()
    with Courier(api, api) as courier:
        with blocked(api, courier, replies):
            for _ in range(5):
                courier.ask(replies.question(1))
        until(lambda: len(replies.all) == 6)
    assert api.sizes == [1, 1]
    assert courier.traffic.dropped == 4


def test_the_queue_is_bounded_and_the_oldest_makes_room() -> None:
    api, replies = FakeApi(), Replies()
    with Courier(api, api) as courier:
        with blocked(api, courier, replies):
            for track in range(1, MOST_WAITING + 11):
                courier.ask(replies.question(track))
        until(lambda: len(replies.all) == MOST_WAITING + 11)
    assert [track for track, verdict in replies.all if verdict is None] == list(range(1, 11))


def test_asking_never_waits() -> None:
    api, replies = FakeApi(), Replies()
    with Courier(api, api) as courier, blocked(api, courier, replies):
        before = time.perf_counter()
        for track in range(1000):
            courier.ask(replies.question(track))
        assert time.perf_counter() - before < 0.5


def test_an_outage_is_told_and_over_as_soon_as_the_service_is_back() -> None:
    api, replies = FakeApi(), Replies()
    api.failure = ApiUnreachable("The API cannot be reached.")
    with Courier(api, api) as courier:
        courier.ask(replies.question(1))
        until(lambda: courier.problem is not None and api.probes > 2)
        courier.ask(replies.question(2))
        assert replies.all == [(1, None)]
        api.failure = None
        until(lambda: courier.problem is None)
        until(lambda: len(replies.all) == 2)
        assert replies.all == [(1, None), (2, None)]  # it showed how things were
        courier.ask(replies.question(3))
        until(lambda: len(replies.all) == 3)
    assert replies.all[-1] == (3, "compliant")
    assert courier.traffic.failures == 1


@pytest.mark.parametrize(
    "failure",
    [
        AuthenticationError("The key is wrong.", status=403),
        RateLimited("Too much.", status=429, retry_after=0.05),
    ],
)
def test_a_refusal_is_told_and_not_repeated_at_once(failure: AuthenticationError | RateLimited) -> None:
    api, replies = FakeApi(), Replies()
    api.failure = failure
    with Courier(api, api) as courier:
        courier.ask(replies.question(1))
        until(lambda: courier.problem == str(failure))
        assert api.sizes == [1]
        api.failure = None
        time.sleep(0.1)
        assert courier.problem == str(failure)  # until an answer says otherwise
        courier.ask(replies.question(2))
        until(lambda: courier.problem is None)
    assert api.probes == 0


def test_health_is_believed_once_and_then_only_an_answer() -> None:
    class Half(FakeApi):
        def health(self) -> Health:
            self.probes += 1
            return Health("ok", "1.0.0", {})

    api, replies = Half(), Replies()
    api.failure = ApiUnreachable("The API cannot be reached.")
    changes: list[bool] = []
    with Courier(api, api) as courier:
        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:
            courier.ask(replies.question(1))
            offline = courier.problem is not None
            if not changes or changes[-1] != offline:
                changes.append(offline)
            time.sleep(0.001)
    assert len(changes) <= 4  # online, offline, believed, offline


@pytest.mark.parametrize(
    "failure", [RateLimited("Too much.", status=429, retry_after=1e11), RecursionError("deep")]
)
def test_neither_a_year_to_wait_nor_a_fault_ends_the_courier(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.05)
    api, replies = FakeApi(), Replies()
    api.failure = failure
    with Courier(api, api) as courier:
        courier.ask(replies.question(1))
        until(lambda: courier.problem is not None)
        api.failure = None
        time.sleep(0.1)
        courier.ask(replies.question(2))
        until(lambda: (2, "compliant") in replies.all)


def test_a_request_without_an_end_is_told() -> None:
    now = [0.0]
    api, replies = FakeApi(), Replies()
    with Courier(api, api, clock=lambda: now[0]) as courier, blocked(api, courier, replies):
        assert courier.problem is None
        now[0] = 9.0
        assert courier.problem == "The API has not answered in 9 s."


def test_it_stops_in_the_middle_of_an_outage() -> None:
    api, replies = FakeApi(), Replies()
    api.failure = ApiUnreachable("The API cannot be reached.")
    with Courier(api, api) as courier:
        courier.ask(replies.question(1))
        until(lambda: courier.problem is not None)
        before = time.monotonic()
    assert time.monotonic() - before < 1
