import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from maskclient.wall import viewing
from maskclient.wall.hub import MOST_CAMERAS, Hub
from maskclient.wall.messages import pack, unpack
from maskclient.wall.pictures import Picture
from maskclient.wall.receiving import MOST_OF_ONE
from maskclient.wall.server import WallServer
from tests.unit.maskclient.wall.fakes import TOKEN, FakeCameras, jpeg, picture, until

Serve = Callable[..., WallServer]
HEADER = {"Authorization": f"Bearer {TOKEN}"}


def socket_url(wall: WallServer, path: str = "watch") -> str:
    return wall.url.replace("http://", "ws://") + path


def hello(socket: ClientConnection, token: str | None = None) -> None:
    socket.send(json.dumps({"type": "hello", "token": token}))


def next_json(socket: ClientConnection) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(socket.recv(timeout=5))
    return value


def exchange(socket: ClientConnection, message: str | bytes) -> None:
    socket.send(message)
    socket.recv(timeout=5)


@contextmanager
def publisher(wall: WallServer, name: str = "one", **headers: str) -> Iterator[ClientConnection]:
    with connect(socket_url(wall, "publish"), additional_headers=headers) as socket:
        socket.send(json.dumps({"type": "hello", "publisher": name}))
        yield socket


@pytest.mark.parametrize(
    "first", ['{"type": "hello", "token": "wrong"}', '{"type": "hello"}', "{", b"\0", "[1]"]
)
def test_a_viewer_with_a_wrong_token_sees_nothing(serve: Serve, hub: Hub, first: str | bytes) -> None:
    hub.add("door", "here")
    with connect(socket_url(serve(TOKEN))) as socket:
        socket.send(first)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == viewing.WRONG_TOKEN
    assert hub.viewers == 0


def test_a_viewer_who_tells_no_token_is_not_waited_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "HELLO_SECONDS", 0.2)
    with connect(socket_url(serve(TOKEN))) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=5)


def test_a_viewer_gets_the_next_picture_when_it_has_shown_the_last(serve: Serve, hub: Hub) -> None:
    hub.add("door", "here")
    hub.show("door", picture(1))
    with connect(socket_url(serve(TOKEN))) as socket:
        hello(socket, TOKEN)
        state = next_json(socket)
        assert [camera["name"] for camera in state["cameras"]] == ["door"]
        message = socket.recv(timeout=5)
        assert isinstance(message, bytes)
        header, content = unpack(message)
        assert (header["camera"], header["number"], content) == ("door", 1, b"jpeg")
        for number in range(2, 50):
            hub.show("door", picture(number))
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.2)
        socket.send('{"type": "shown", "camera": "door"}')
        message = socket.recv(timeout=5)
        assert isinstance(message, bytes)
        assert unpack(message)[0]["number"] == 49
    until(lambda: hub.viewers == 0)


def test_a_viewer_with_the_token_in_a_header_need_not_say_hello(serve: Serve) -> None:
    with connect(socket_url(serve(TOKEN)), additional_headers=HEADER) as socket:
        assert next_json(socket)["type"] == "state"


def test_who_hears_nothing_new_is_told_that_the_wall_is_there(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "ALIVE_SECONDS", 0.1)
    with connect(socket_url(serve())) as socket:
        assert [next_json(socket)["type"] for _ in range(3)] == ["state", "alive", "alive"]


@pytest.mark.parametrize("nonsense", ["{", b"\0\0", "7"])
def test_a_viewer_who_talks_nonsense_is_let_go(serve: Serve, hub: Hub, nonsense: str | bytes) -> None:
    with connect(socket_url(serve())) as socket:
        next_json(socket)
        with pytest.raises(ConnectionClosed):
            exchange(socket, nonsense)
    until(lambda: hub.viewers == 0)


def test_who_acknowledges_without_reading_gets_no_queue_either(serve: Serve, hub: Hub) -> None:
    encoded: list[int] = []

    def encode() -> bytes:
        encoded.append(1)
        return bytes(1_000_000)

    hub.add("door", "here")
    shown = '{"type": "shown", "camera": "door"}'
    with connect(socket_url(serve()), compression=None, max_queue=1, close_timeout=0.1) as socket:
        for _ in range(400):
            hub.show("door", Picture({}, encode, 0.0))
            socket.send(shown)
            time.sleep(0.002)
        assert len(encoded) < 40  # what the operating system takes, and then no more
        assert hub.viewers == 1


def test_there_is_a_limit_on_viewers(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "MOST_VIEWERS", 1)
    wall = serve()
    with connect(socket_url(wall)) as first, connect(socket_url(wall)) as second:
        next_json(first)
        with pytest.raises(ConnectionClosed, match="viewers are here already"):
            second.recv(timeout=5)


def test_a_published_camera_comes_and_goes(serve: Serve, hub: Hub, cameras: FakeCameras) -> None:
    wall = serve(TOKEN)
    hub.add("door", "here")
    with publisher(wall, **HEADER) as socket:
        socket.send(pack({"camera": "door", "state": "lost", "present": {"violation": 1}}, jpeg()))
        assert next_json(socket) == {"type": "shown", "camera": "door"}
        socket.send(json.dumps({"type": "event", "event": {"type": "violation", "camera": "door"}}))
        until(lambda: hub.state()[-1]["violations"] == 1)
        assert hub.state()[1] == {
            "name": "door (2)",
            "origin": "published",
            "state": "lost",
            "problem": "Its source is lost.",
            "violations": 1,
            "admissions": 0,
        }
        refused = requests.delete(f"{wall.url}api/cameras/door (2)", headers=HEADER, timeout=5)
        assert (refused.status_code, cameras.names) == (409, [])
    until(lambda: len(hub.state()) == 1)


def test_a_published_video_that_is_over_is_not_live(serve: Serve, hub: Hub) -> None:
    with publisher(serve()) as socket:
        for state, told in (("live", "live"), ("ended", "ended"), ("exploded", "live")):
            socket.send(pack({"camera": "door", "state": state}, jpeg()))
            next_json(socket)
            assert [(camera["state"], camera["problem"]) for camera in hub.state()] == [(told, None)]


def test_a_machine_takes_the_place_of_its_own_broken_connection(serve: Serve, hub: Hub) -> None:
    wall = serve()
    with publisher(wall) as old, publisher(wall, "another") as other:
        for socket in (old, other):
            socket.send(pack({"camera": "door"}, jpeg()))
            next_json(socket)
        with publisher(wall) as new:
            new.send(pack({"camera": "door"}, jpeg()))
            next_json(new)
            assert sorted(camera["name"] for camera in hub.state()) == ["door", "door (2)"]
            old.send(pack({"camera": "door"}, jpeg()))
            with pytest.raises(ConnectionClosed, match="connected anew"):
                old.recv(timeout=5)
            assert len(hub.state()) == 2


@pytest.mark.parametrize(
    "message",
    [
        b"",
        pack({"camera": "door"}, b"no picture"),
        pack({"camera": "door"}, jpeg(961, 10)),
        pack({"camera": ""}, jpeg()),
        pack({}, jpeg()),
        "{",
        '{"type": "event", "event": {"camera": "door", "type": "fire"}}',
        '{"type": "event"}',
    ],
)
def test_what_is_published_wrongly_ends_the_connection(serve: Serve, hub: Hub, message: str | bytes) -> None:
    with publisher(serve()) as socket, pytest.raises(ConnectionClosed):
        exchange(socket, message)
    until(lambda: hub.state() == [])


def test_a_message_that_is_too_large_ends_the_connection(serve: Serve) -> None:
    with publisher(serve()) as socket, pytest.raises(ConnectionClosed):
        exchange(socket, bytes(3_000_000))  # it may end before all is sent, or after


def test_one_machine_cannot_fill_the_wall(serve: Serve, hub: Hub) -> None:
    assert MOST_OF_ONE < MOST_CAMERAS
    with publisher(serve()) as socket:
        for number in range(MOST_OF_ONE + 1):
            socket.send(pack({"camera": f"door {number}"}, jpeg()))
        assert [next_json(socket)["type"] for _ in range(MOST_OF_ONE)] == ["shown"] * MOST_OF_ONE
        with pytest.raises(ConnectionClosed, match="may publish 16 cameras"):
            socket.recv(timeout=5)
    until(lambda: hub.state() == [])
