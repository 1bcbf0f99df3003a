import time

import pytest

from maskclient.camera import grabber as grabber_module
from maskclient.camera import worker as worker_module
from maskclient.camera.courier import Question
from maskclient.camera.grabber import Grabber
from maskclient.camera.pipeline import CameraPipeline
from maskclient.camera.views import CameraView
from maskclient.camera.watching import distinct
from maskclient.camera.worker import CameraWorker
from maskclient.detector import Box, Face, Rgb
from tests.unit.maskclient.camera.fakes import MODEL_INFO, FakeDetector, FakeSource, InlineSearcher


class Seen:
    def __init__(self) -> None:
        self.views: list[CameraView] = []

    def seen(self, view: CameraView, now: float) -> None:  # noqa: ARG002
        self.views.append(view)


def worker(source: FakeSource, detector: FakeDetector, seen: Seen) -> CameraWorker:
    questions: list[Question] = []
    pipeline = CameraPipeline("door", InlineSearcher(detector), questions.append, MODEL_INFO)
    return CameraWorker("door", Grabber(source), pipeline, [seen])


def run(camera: CameraWorker) -> None:
    camera.start()
    deadline = time.monotonic() + 5
    while camera.alive and time.monotonic() < deadline:
        time.sleep(0.005)
    camera.close()


def test_everybody_is_told_and_it_ends_with_the_source() -> None:
    seen = Seen()
    source = FakeSource([5], live=False)
    source.rate = 50.0
    camera = worker(source, FakeDetector([Face(Box(10, 10, 40, 40), 0.9)]), seen)
    run(camera)
    assert not camera.alive
    assert camera.failure is None
    assert seen.views[-1].number == 5
    assert (seen.views[-1].state, seen.views[-1].tracks) == ("ended", ())
    assert seen.views[-1].people == 1
    assert seen.views[-1].fps == pytest.approx(50, rel=0.5)
    assert camera.pipeline.verdicts.total() == 1


def test_a_broken_source_is_told_without_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grabber_module, "FIRST_DELAY", 0.3)
    seen = Seen()
    camera = worker(FakeSource([3]), FakeDetector([Face(Box(10, 10, 40, 40), 0.9)]), seen)
    camera.start()
    deadline = time.monotonic() + 5
    while not any(view.state == "lost" for view in seen.views) and time.monotonic() < deadline:
        time.sleep(0.005)
    camera.close()
    lost = next(view for view in seen.views if view.state == "lost")
    assert lost.tracks == ()


def test_a_failure_ends_the_camera_and_is_kept() -> None:
    class Broken(FakeDetector):
        def detect(self, rgb: Rgb) -> list[Face]:  # noqa: ARG002
            raise RuntimeError("broken")

    camera = worker(FakeSource([5], live=False), Broken(), Seen())
    run(camera)
    assert str(camera.failure) == "broken"


def test_a_source_that_hangs_counts_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "SILENCE", 0.1)

    class Hanging(FakeSource):
        def read(self) -> Rgb | None:
            if self._left == 1:
                time.sleep(1)
            return super().read()

    seen = Seen()
    camera = worker(Hanging([4], live=True), FakeDetector(), seen)
    camera.start()
    deadline = time.monotonic() + 5
    while not any(view.state == "lost" for view in seen.views) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen.views[-1].state == "lost"
    camera.close()


def test_cameras_of_the_same_name_are_numbered() -> None:
    assert distinct(["door", "gate", "door", "door"]) == ["door", "gate", "door (2)", "door (3)"]
