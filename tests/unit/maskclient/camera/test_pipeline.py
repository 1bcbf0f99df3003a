from collections.abc import Iterator

import numpy as np
import pytest

from maskclient.camera.courier import Question
from maskclient.camera.frames import Frame
from maskclient.camera.pipeline import CameraPipeline
from maskclient.camera.views import TrackView
from maskclient.detector import Box, Face, Rgb
from tests.unit.maskclient.camera.fakes import MODEL_INFO, FakeDetector, InlineSearcher, judgement
from tests.videos import walk

FACE = Box(540, 230, 720, 430)


class Door:
    """A pipeline whose questions are answered when the test says so."""

    def __init__(self, faces: list[Face] | None = None, interval: float = 3.0) -> None:
        self.detector = FakeDetector([Face(FACE, 0.9)] if faces is None else faces)
        self.questions: list[Question] = []
        self.asked = 0
        self.bytes = 0
        self.pipeline = CameraPipeline("door", InlineSearcher(self.detector), self._ask, MODEL_INFO, interval)
        self.frame = next(iter(walk(["hopper"], 1, height=500)))
        self.number = 0

    def _ask(self, question: Question) -> None:
        self.questions.append(question)
        self.asked += 1
        self.bytes += len(question.jpeg)

    def answer(self, verdict: str | None = "compliant") -> None:
        for question in self.questions:
            question.reply(question, judgement(verdict) if verdict else None)
        self.questions.clear()

    def step(self, rgb: Rgb | None = None, fps: float = 30) -> tuple[TrackView, ...]:
        self.number += 1
        return self.pipeline.step(Frame(self.number, self.number / fps, self.frame if rgb is None else rgb))

    def steps(self, count: int, verdict: str | None = "compliant") -> Iterator[tuple[TrackView, ...]]:
        for _ in range(count):
            yield self.step()
            self.answer(verdict)


def test_a_new_face_is_asked_about_at_once_and_once() -> None:
    door = Door()
    (seen,) = door.step()
    assert (seen.number, seen.box, seen.shown.verdict) == (1, FACE, "uncertain")
    for _ in range(60):
        door.step()  # the answer takes its time
    assert door.asked == 1
    assert door.questions[0].key == ("door", 1)
    assert door.questions[0].jpeg.startswith(b"\xff\xd8")


def test_three_answers_make_a_verdict_within_a_second() -> None:
    door = Door()
    verdicts = [seen[0].shown.verdict for seen in door.steps(30)]
    assert verdicts[0] == "uncertain"
    assert verdicts[-1] == "compliant"
    assert door.asked == 3


def test_one_person_for_a_minute_takes_thirty_crops_and_100_kb_at_most() -> None:
    door = Door()
    for _ in door.steps(1800):
        pass
    assert 20 <= door.asked <= 30
    assert door.bytes <= 100_000


def test_a_change_of_mind_is_noticed_soon() -> None:
    door = Door()
    for _ in door.steps(300):
        pass
    changed = next(
        number
        for number, seen in enumerate(door.steps(300, "violation"))
        if seen[0].shown.verdict == "violation"
    )
    assert changed <= 30 * 5  # an interval, and three answers


def test_lost_answers_are_asked_for_again_and_old_verdicts_age_out() -> None:
    door = Door()
    for _ in door.steps(60):
        pass
    verdicts = [seen[0].shown.verdict for seen in door.steps(30 * 12, None)]
    assert verdicts[0] == "compliant"
    assert verdicts[-1] == "uncertain"
    asked = door.asked
    assert [seen[0].shown.verdict for seen in door.steps(60)][-1] == "compliant"
    assert door.asked > asked


def test_faces_that_are_gone_are_counted_by_their_last_clear_verdict() -> None:
    door = Door()
    for _ in door.steps(60):
        pass
    door.detector.faces = []
    for _ in door.steps(60):
        pass
    assert door.pipeline.verdicts == {"compliant": 1}
    assert door.pipeline.people == 1


def test_what_is_no_face_is_not_counted_as_a_person() -> None:
    door = Door()
    door.step()
    assert door.pipeline.people == 1
    for _ in range(60):
        for question in door.questions:
            question.reply(question, judgement("rejected", "not_face"))
        door.questions.clear()
        door.step()
    assert door.pipeline.people == 0
    door.pipeline.finish()
    assert door.pipeline.people == 0
    assert door.pipeline.verdicts == {}


def test_an_answer_for_a_face_that_is_gone_harms_nobody() -> None:
    door = Door()
    door.step()
    door.detector.faces = []
    for _ in range(60):
        door.step()
    door.answer()
    assert door.step() == ()


def test_a_face_is_followed_while_nobody_searches() -> None:
    door = Door()
    door.step()
    door.detector.faces = []
    for shift in range(2, 20, 2):
        (seen,) = door.step(np.roll(door.frame, shift, 1))
    assert seen.box.x1 == pytest.approx(FACE.x1 + 18, abs=3)


def test_who_is_there_at_the_end_is_counted() -> None:
    door = Door()
    door.step()
    door.pipeline.finish()
    assert door.pipeline.verdicts == {"uncertain": 1}


def test_a_face_too_small_for_any_model_is_not_asked_about() -> None:
    door = Door([Face(Box(600, 300, 606, 307), 0.9)])
    door.step()
    assert door.asked == 0


@pytest.mark.parametrize("change", ["gap", "size"])
def test_nobody_takes_over_a_verdict_after_a_gap_or_a_change_of_size(change: str) -> None:
    door = Door()
    for _ in door.steps(60):
        pass
    if change == "gap":
        door.number += 30 * 4
        (seen,) = door.step()
    else:
        (seen,) = door.step(np.ascontiguousarray(door.frame[::2, ::2]))
    assert (seen.number, seen.shown.verdict) == (2, "uncertain")
    assert door.pipeline.verdicts == {"compliant": 1}


def test_nothing_grows() -> None:
    door = Door()
    for number in range(300):
        door.detector.faces = [Face(FACE, 0.9)] if number % 100 < 50 else []
        for _ in door.steps(1):
            pass
    assert len(door.pipeline._known) <= 1
