import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maskclient.alerts.event import DoorEvent
from maskclient.show.status import Status
from maskclient.wall import publishing
from maskclient.wall.hub import Hub
from maskclient.wall.publishing import Publisher, wall_address
from maskclient.wall.server import WallServer
from tests.unit.maskclient.wall.fakes import TOKEN, until, view

Serve = Callable[..., WallServer]
Publish = Callable[..., Publisher]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def publish(told: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Publish]:
    """Starts publishers that end with the test."""
    monkeypatch.setattr(publishing, "FIRST_DELAY", 0.05)
    with ExitStack() as stack:

        def start(url: str, token: str | None = TOKEN) -> Publisher:
            publisher = Publisher(url.replace("http", "ws"), token, Status, told.append)
            stack.callback(publisher.close)
            return publisher

        yield start


def event() -> DoorEvent:
    return DoorEvent.now(
        "violation", "door", 1, verdict="violation", label="without_mask", confidence=0.9, duration_s=3.0,
        time=datetime.now(UTC),
    )  # fmt: skip


def names(hub: Hub) -> list[str]:
    return [camera["name"] for camera in hub.state()]


def test_cameras_appear_with_their_events_and_disappear(
    serve: Serve, publish: Publish, hub: Hub, told: list[str]
) -> None:
    publisher = publish(serve(TOKEN).url)
    publisher.seen(view("door"), 0.0)
    publisher.seen(view("gate", state="lost"), 0.0)
    publisher.event(event())
    until(lambda: sorted(names(hub)) == ["door", "gate"])
    until(lambda: {camera["state"] for camera in hub.state()} == {"live", "lost"})
    until(lambda: sum(camera["violations"] for camera in hub.state()) == 1)
    taken = hub.join(lambda: None).take_picture()
    assert taken is not None
    assert taken[1].figures["present"] == {"compliant": 1}
    assert taken[1].jpeg().startswith(b"\xff\xd8")
    publisher.close()
    until(lambda: names(hub) == [])
    assert told == []


def test_the_newest_view_wins_and_the_camera_never_waits(serve: Serve, publish: Publish, hub: Hub) -> None:
    publisher = publish(serve(TOKEN).url)
    longest = 0.0
    for number in range(60):
        started = time.perf_counter()
        publisher.seen(view("door", number, width=1920), 0.0)
        longest = max(longest, time.perf_counter() - started)
        time.sleep(1 / 60)
    assert longest < 0.1
    until(lambda: names(hub) == ["door"])
    assert publisher.problem is None


def test_it_connects_again_by_itself(serve: Serve, publish: Publish, hub: Hub, told: list[str]) -> None:
    wall = serve(TOKEN)
    port = int(wall.url.rsplit(":", 1)[1].rstrip("/"))
    publisher = publish(wall.url)
    publisher.seen(view("door", state="lost"), 0.0)
    until(lambda: names(hub) == ["door"])
    wall.close()
    until(lambda: publisher.problem is not None)
    until(lambda: names(hub) == [])
    serve(TOKEN, port)
    until(lambda: names(hub) == ["door"])  # though nothing new was seen
    until(lambda: publisher.problem is None)
    assert 1 <= len(told) <= 3


def test_a_refused_token_is_told_once(serve: Serve, publish: Publish, hub: Hub, told: list[str]) -> None:
    publisher = publish(serve(TOKEN).url, "another-token-than-it")
    publisher.seen(view("door"), 0.0)
    until(lambda: bool(told))
    time.sleep(0.3)
    assert len(told) == 1
    assert "refused the token" in told[0]
    assert "another-token" not in told[0]
    assert names(hub) == []


def test_what_is_no_wall_is_told(publish: Publish, serve: Serve, told: list[str]) -> None:
    publish(f"{serve().url}elsewhere")
    publish("http://127.0.0.1:9")
    until(lambda: len(told) == 2)
    assert any("cannot be reached" in text for text in told)


def test_a_slow_wall_gets_the_newest_picture_only(
    serve: Serve, publish: Publish, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    gate = threading.Event()

    def wants(name: str, *, urgent: bool = False) -> bool:  # noqa: ARG001
        gate.wait(5)
        return True

    monkeypatch.setattr(hub, "wants", wants)
    monkeypatch.setattr(hub, "show", lambda _, picture: shown.append(picture.figures["people"]))
    publisher = publish(serve(TOKEN).url)
    for number in range(1, 21):
        publisher.seen(replace(view("door", state="lost"), people=number), 0.0)
        until(lambda: names(hub) == ["door"])
    gate.set()
    until(lambda: shown[-1:] == [20])
    assert len(shown) <= 3


def test_whatever_goes_wrong_the_cameras_go_on(
    serve: Serve, publish: Publish, hub: Hub, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("no memory")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "encoded", broken)
        publisher = publish(serve(TOKEN).url)
        publisher.seen(view("door"), 0.0)
        until(lambda: bool(told))
        assert "no memory" in told[0]
    until(lambda: names(hub) == ["door"])


def test_it_ends_though_the_wall_is_not_there(publish: Publish) -> None:
    publisher = publish("http://127.0.0.1:9")
    publisher.seen(view(), 0.0)
    started = time.monotonic()
    publisher.close()
    assert time.monotonic() - started < 2
    assert not [thread for thread in threading.enumerate() if thread.name == "publish"]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("ws://10.0.0.2:8090", "ws://10.0.0.2:8090/publish"),
        ("ws://10.0.0.2:8090/", "ws://10.0.0.2:8090/publish"),
        ("wss://wall.example/door/publish", "wss://wall.example/door/publish"),
        ("ws://[::1]:8090", "ws://[::1]:8090/publish"),
    ],
)
def test_addresses(given: str, address: str) -> None:
    assert wall_address(given) == address


@pytest.mark.parametrize(
    "given",
    ["", "10.0.0.2:8090", "http://10.0.0.2", "ws://", "ws://u:p@host", "ws://host/?token=x", "ws://h#t"],
)
def test_addresses_that_cannot_be_used(given: str) -> None:
    with pytest.raises(ValueError, match="wall's address"):
        wall_address(given)
