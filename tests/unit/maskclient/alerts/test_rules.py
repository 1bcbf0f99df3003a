from itertools import groupby

import pytest

from maskclient.alerts.event import DoorEvent
from maskclient.alerts.rules import AlertRules, Observation
from tests.unit.maskclient.alerts.doors import MOMENT

VERDICTS = {
    "V": ("violation", "without_mask"),
    "C": ("compliant", "with_mask"),
    "?": ("uncertain", "with_mask"),
    "x": ("rejected", "not_face"),
}


def seen(sign: str, track: int = 1) -> Observation:
    verdict, label = VERDICTS[sign]
    return Observation(track, verdict, label, 0.93)


class Door:
    """One camera and a clock that goes on by one step with each frame."""

    def __init__(self, rules: AlertRules | None = None, step: float = 0.5) -> None:
        self.rules = rules or AlertRules(clock=lambda: MOMENT)
        self.step = step
        self.now = 1000.0

    def frame(self, *people: Observation, camera: str = "door") -> list[DoorEvent]:
        self.now += self.step
        return self.rules.observe(camera, people, self.now)

    def watch(self, signs: str) -> str:
        """Show one person, a sign a frame, with a space for a frame without; return what was told."""
        told = ""
        for sign in signs:
            events = self.frame(*[] if sign == " " else [seen(sign)])
            told += {(): ".", ("violation",): "V", ("admit",): "A"}[tuple(event.kind for event in events)]
        return told


@pytest.mark.parametrize(
    ("signs", "told"),
    [
        ("VVVVVV", "......"),  # 2.5 s
        ("VVVVVVVVVVVVVVVV", "......V........."),
        ("CCCC", "...."),
        ("CCCCCCCCCC", "....A....."),
        # a verdict of the other kind starts anew
        ("VVVVCVVVVVVV", "...........V"),
        ("CCCVCCCCC", "........A"),
    ],
)
def test_what_lasts_is_told_once(signs: str, told: str) -> None:
    assert Door().watch(signs) == told


@pytest.mark.parametrize(
    ("signs", "told"),
    [
        # taking the mask off and putting it on again
        ("CCCCC" + "VVVV" + "CCCCC", "....A" + "...." + "....A"),
        ("CCCCC" + "VVVVVVV" + "CCCCC" + "VVVVVVV", "....A......V....A......V"),
        # one frame is a slip, and so are single frames between others
        ("CCCCC" + "V" + "CCCCCC", "....A......."),
        ("CCCCC" + "VCVCVC" + "CCCCC", "....A..........."),
        # a mask that is fumbled with but never worn for long does not bring a second alert
        ("VVVVVVV" + "CCC" + "VVVVVVVVV", "......V............"),
        ("VVVVVVV" + "CCCCC" + "VVVVVVVVV", "......V....A......V.."),
    ],
)
def test_what_changes_is_told_again(signs: str, told: str) -> None:
    assert Door().watch(signs) == told


@pytest.mark.parametrize("unclear", ["?", "x"])
@pytest.mark.parametrize(
    ("signs", "told"),
    [
        ("VV?VVVVV?V", "........." + "."),  # 0.5 + 2 counted
        ("VV?VVVVV?VV", "..........V"),
        ("CC????CCC", "........."),
        ("CC????CCCC", ".........A"),  # 2 s of doubt pause
        ("CC?????CCCC", "..........."),  # more than that starts anew
        ("CC?????CCCCC", "...........A"),
        ("?????????????", "............."),
        ("CCCCC???CCCCCC", "....A........."),  # doubt is no violation
    ],
)
def test_doubt_pauses(unclear: str, signs: str, told: str) -> None:
    assert Door().watch(signs.replace("?", unclear)) == told


def test_doubt_is_never_the_moment_of_an_event() -> None:
    door = Door(AlertRules(alert_after=0.5))
    assert door.watch("V?V?V?VV") == ".......V"


def test_a_gap_between_frames_is_no_time_of_either() -> None:
    door = Door(step=2.5)
    assert door.watch("VVVVVV") == "......"
    assert Door(step=2.0).watch("VVVVVV") == "..V..."


def test_who_is_gone_is_forgotten() -> None:
    door = Door()
    assert door.watch("VVVVVVV VVVVVVV") == "......V.......V"
    assert door.watch(" ") == "."
    assert door.rules._people == {}
    for track in range(1000):
        door.frame(seen("V", track))
    assert sum(len(people) for people in door.rules._people.values()) == 1


def test_people_and_cameras_are_apart() -> None:
    door = Door(step=0.25)
    told: list[DoorEvent] = []
    for _ in range(20):
        told += door.frame(seen("V", 1), seen("C", 2))
        told += door.frame(seen("V", 1), camera="gate")
    kinds = [(event.camera, event.track, event.kind) for event in told]
    assert kinds == [("door", 2, "admit"), ("door", 1, "violation"), ("gate", 1, "violation")]


def test_what_an_event_says() -> None:
    rules = AlertRules(alert_after=1, clock=lambda: MOMENT)
    rules.observe("door", [seen("V", 4)], 10.0)
    (event,) = rules.observe("door", [seen("V", 4)], 11.26, model_version="1.2.0")
    assert (event.verdict, event.label, event.confidence) == ("violation", "without_mask", 0.93)
    assert (event.time, event.model_version) == (MOMENT, "1.2.0")
    assert event.duration_s == pytest.approx(1.26)


def test_no_wait_at_all_tells_at_the_first_frame() -> None:
    assert Door(AlertRules(0, 0)).watch("VVCCVV") == "V.A.V."


def test_negative_times_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        AlertRules(alert_after=-1)


def test_whether_a_camera_is_in_violation() -> None:
    door = Door()
    states = [(sign, door.watch(sign), door.rules.in_violation("door"))[2] for sign in "VVVVVVVVCCCCCCVV "]
    assert [(state, len(list(run))) for state, run in groupby(states)] == [(False, 6), (True, 6), (False, 5)]
    assert not door.rules.in_violation("never seen")


def test_who_leaves_ends_the_violation() -> None:
    door = Door()
    door.watch("VVVVVVV")
    assert door.rules.in_violation("door")
    door.watch(" ")
    assert not door.rules.in_violation("door")


@pytest.mark.parametrize("rate", [1, 5, 30])
def test_the_rate_of_frames_does_not_matter(rate: int) -> None:
    door = Door(step=1 / rate)
    assert door.watch("V" * (5 * rate)).index("V") == 3 * rate
