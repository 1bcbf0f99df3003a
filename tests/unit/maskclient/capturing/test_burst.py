from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from maskclient.camera.foldersource import FolderSource
from maskclient.capturing.burst import Burst, BurstPlan, Progress
from maskclient.detector import Box, Face, Rgb

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"
FACE = Face(Box(1, 1, 9, 9), 0.9)
PERIOD = 0.125  # which binary fractions hold exactly


class Studio:
    """A camera whose frames, faces and time are all made up."""

    def __init__(self, plan: BurstPlan, faces: Sequence[int] = ()) -> None:
        self.now = 100.0
        self.faces = list(faces)
        self.kept: list[tuple[float, Rgb, int]] = []
        self.told: list[Progress] = []
        self.burst = Burst(plan, self.detect, self.keep, self.told.append, lambda: self.now)

    def detect(self, rgb: Rgb) -> list[Face]:  # noqa: ARG002
        return [FACE] * (self.faces.pop(0) if self.faces else 1)

    def keep(self, rgb: Rgb, faces: Sequence[Face]) -> None:
        self.kept.append((round(self.now - 100, 3), rgb, len(faces)))

    def run(self, frames: Sequence[Rgb | None]) -> int:
        return self.burst.run(self._passing(frames))

    def _passing(self, frames: Sequence[Rgb | None]) -> Iterator[Rgb | None]:
        for frame in frames:
            yield frame
            self.now += PERIOD

    @property
    def times(self) -> list[float]:
        return [time for time, _, _ in self.kept]


def grey(level: int) -> Rgb:
    return np.full((48, 64, 3), level, np.uint8)


def changing(count: int) -> list[Rgb]:
    return [grey(3 * number) for number in range(count)]


def test_the_count_down_is_told_and_then_frames_are_kept_at_intervals() -> None:
    studio = Studio(BurstPlan(frames=3, every=0.3, countdown=1.0))
    assert studio.run(changing(40)) == 3
    assert studio.times == [1.0, 1.375, 1.75]
    assert {progress.seconds for progress in studio.told} == {1, 0}
    assert [progress.kept for progress in studio.told if not progress.seconds] == [1, 2, 3]


def test_the_count_down_begins_with_the_first_frame_and_goes_on_without() -> None:
    studio = Studio(BurstPlan(frames=1, countdown=2.0))
    assert studio.run([None] * 10 + [grey(0)] + [None] * 15 + [grey(1)]) == 1
    assert studio.times == [3.25]
    assert [progress.seconds for progress in studio.told] == [2] * 8 + [1] * 8 + [0]


def test_no_face_and_several_faces_are_skipped() -> None:
    studio = Studio(BurstPlan(frames=2, every=0, countdown=0), faces=[0, 2, 1, 3, 1])
    assert studio.run(changing(10)) == 2
    assert [progress.skipped for progress in studio.told] == [
        "no face",
        "several faces",
        None,
        "several faces",
        None,
    ]


def test_several_faces_are_kept_if_wanted() -> None:
    studio = Studio(BurstPlan(frames=2, every=0, countdown=0, all_faces=True), faces=[0, 2, 1])
    assert studio.run(changing(10)) == 2
    assert [faces for _, _, faces in studio.kept] == [2, 1]


def test_frames_like_one_that_is_kept_are_skipped() -> None:
    noise = np.random.default_rng(1).integers(0, 5, (48, 64, 3), dtype=np.uint8)
    frames = [grey(90), grey(90), grey(90) + noise - 2, grey(99), grey(90)]
    studio = Studio(BurstPlan(frames=3, every=0, countdown=0))
    assert studio.run(frames) == 2
    assert [progress.skipped for progress in studio.told] == [
        None,
        "too alike",
        "too alike",
        None,
        "too alike",
    ]


def test_a_source_that_ends_early_ends_it() -> None:
    studio = Studio(BurstPlan(frames=5, every=0, countdown=0))
    assert studio.run(changing(2)) == 2
    assert Studio(BurstPlan()).run([]) == 0
    assert Studio(BurstPlan()).run(changing(20)) == 0  # it ended during the count-down


def test_photographs_differ_and_a_photograph_is_like_itself() -> None:
    source = FolderSource(EXAMPLES)
    frames = []
    source.open()
    while (rgb := source.read()) is not None:
        frames += [rgb, rgb]
    studio = Studio(BurstPlan(frames=len(frames), every=0, countdown=0))
    # Of each photograph the first copy is kept at least, but those that differ by a mask's place only.
    assert len(frames) // 4 <= studio.run(frames) <= len(frames) // 2
