import threading
import tracemalloc

import pytest

from maskclient.wall.board import MOST_EVENTS, MOST_FPS
from maskclient.wall.hub import MOST_CAMERAS, Hub, WallFull
from maskclient.wall.viewer import Viewer
from tests.unit.maskclient.wall.fakes import Clock, picture


def nothing() -> None:
    pass


def numbers(viewer: Viewer) -> list[tuple[str, int]]:
    """Everything that the viewer can take now."""
    taken = []
    while (next_one := viewer.take_picture()) is not None:
        taken.append((next_one[0], next_one[1].figures["number"]))
    return taken


def event(number: int, kind: str = "violation", camera: str = "door") -> dict[str, object]:
    return {"type": kind, "camera": camera, "event_id": str(number)}


def test_the_newest_picture_wins() -> None:
    hub = Hub()
    hub.add("door", "here")
    viewer = hub.join(nothing)
    for number in range(1, 6):
        hub.show("door", picture(number))
    assert numbers(viewer) == [("door", 5)]


def test_a_slow_viewer_gets_fewer_pictures_and_no_queue() -> None:
    hub = Hub()
    hub.add("door", "here")
    slow, quick = hub.join(nothing), hub.join(nothing)
    got: dict[Viewer, list[tuple[str, int]]] = {slow: [], quick: []}
    for number in range(1, 101):
        hub.show("door", picture(number))
        for viewer, pictures in got.items():
            pictures += numbers(viewer)
        quick.acknowledge("door")
        if number % 50 == 0:
            slow.acknowledge("door")
    assert len(got[quick]) == 100
    assert got[slow] == [("door", 1), ("door", 51)]
    assert numbers(slow) == [("door", 100)]


def test_one_slow_camera_does_not_hold_up_the_others() -> None:
    hub = Hub()
    for name in ("door", "gate"):
        hub.add(name, "here")
        hub.show(name, picture(1))
    viewer = hub.join(nothing)
    assert numbers(viewer) == [("door", 1), ("gate", 1)]
    for name in ("door", "gate"):
        hub.show(name, picture(2))
    viewer.acknowledge("gate")
    assert numbers(viewer) == [("gate", 2)]


def test_who_has_waited_longest_is_next() -> None:
    hub = Hub()
    viewer = hub.join(nothing)
    for name in ("a", "b"):
        hub.add(name, "here")
        hub.show(name, picture(1))
    taken = []
    for number in range(2, 6):
        shown = viewer.take_picture()
        assert shown is not None
        taken.append(shown[0])
        viewer.acknowledge(shown[0])
        for name in ("a", "b"):
            hub.show(name, picture(number))
    assert taken == ["a", "b", "a", "b"]


def test_a_viewer_who_takes_nothing_costs_nothing() -> None:
    hub = Hub()
    hub.add("door", "here")
    hub.join(nothing)
    tracemalloc.start()
    for number in range(300):
        hub.show("door", picture(number, bytes(100_000)))
        hub.event(event(number))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_fifteen_pictures_a_second_at_most() -> None:
    clock = Clock()
    hub = Hub(clock)
    hub.add("door", "here")
    wanted = 0
    for _ in range(300):  # ten seconds at 30 per second
        wanted += hub.wants("door")
        clock.now += 1 / 30
    assert wanted == pytest.approx(10 * MOST_FPS, abs=2)
    assert [hub.wants("door") for _ in range(3)][1:] == [False, False]
    assert hub.wants("door", urgent=True)
    assert not hub.wants("gate")


def test_a_camera_of_twenty_five_frames_is_not_halved() -> None:
    clock = Clock()
    hub = Hub(clock)
    hub.add("door", "here")
    wanted = 0
    for _ in range(250):
        wanted += hub.wants("door")
        clock.now += 1 / 25
    assert wanted == pytest.approx(10 * MOST_FPS, abs=5)


def test_events_are_counted_and_bounded_and_the_newest_come_first() -> None:
    hub = Hub()
    hub.add("door", "here")
    for number in range(MOST_EVENTS + 50):
        hub.event(event(number, "admit" if number % 10 == 0 else "violation"))
    state = hub.join(nothing).take_state()
    assert state is not None
    assert [told["event_id"] for told in state["events"]][:2] == ["149", "148"]
    assert len(state["events"]) == MOST_EVENTS
    assert (state["cameras"][0]["violations"], state["cameras"][0]["admissions"]) == (135, 15)


def test_a_viewer_gets_each_event_once_and_the_state_only_when_it_changed() -> None:
    hub = Hub()
    hub.add("door", "here")
    viewer = hub.join(nothing)
    assert viewer.take_state() is not None
    hub.event(event(1))
    assert viewer.take_state() is None  # the first is not acknowledged
    hub.event(event(2))
    viewer.acknowledge(None)
    state = viewer.take_state()
    assert state is not None
    assert [told["event_id"] for told in state["events"]] == ["2", "1"]
    viewer.acknowledge(None)
    assert viewer.take_state() is None
    hub.set_state("door", "lost", "It stopped.")
    again = viewer.take_state()
    assert again is not None
    assert again["events"] == []
    assert again["cameras"][0]["problem"] == "It stopped."
    viewer.acknowledge(None)
    hub.set_state("door", "lost", "It stopped.")
    assert viewer.take_state() is None


def test_a_camera_that_comes_again_begins_anew() -> None:
    hub = Hub()
    hub.add("door", "here")
    viewer = hub.join(nothing)
    hub.show("door", picture(1))
    assert numbers(viewer) == [("door", 1)]
    hub.remove("door")
    assert numbers(viewer) == []
    hub.show("door", picture(2))  # a last one from a thread that is ending
    assert hub.add("door", "published") == "door"
    assert numbers(viewer) == []
    hub.show("door", picture(3))
    assert numbers(viewer) == [("door", 3)]


def test_names_are_numbered_and_the_wall_is_full_one_day() -> None:
    hub = Hub()
    assert [hub.add("door", "here") for _ in range(3)] == ["door", "door (2)", "door (3)"]
    for _ in range(MOST_CAMERAS - 3):
        hub.add("gate", "here")
    with pytest.raises(WallFull, match="Remove one first"):
        hub.add("gate", "here")


def test_viewers_are_woken_and_can_leave() -> None:
    hub = Hub()
    woken = threading.Event()
    viewer = hub.join(woken.set)
    hub.add("door", "here")
    assert woken.is_set()
    assert hub.viewers == 1
    hub.leave(viewer)
    woken.clear()
    hub.show("door", picture(1))
    assert not woken.is_set()
    assert hub.viewers == 0
