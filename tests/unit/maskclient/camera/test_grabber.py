import time

import numpy as np
import pytest

from maskclient.camera import grabber as module
from maskclient.camera.grabber import Grabber
from maskclient.detector import Rgb
from tests.unit.maskclient.camera.fakes import FakeSource


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_DELAY", 0.005)


def ended(grabber: Grabber) -> Grabber:
    deadline = time.monotonic() + 5
    while grabber.state != "ended" and time.monotonic() < deadline:
        time.sleep(0.002)
    return grabber


def started(source: FakeSource, **options: object) -> Grabber:
    grabber = Grabber(source, **options)  # type: ignore[arg-type]
    grabber.start()
    return grabber


def test_only_the_newest_frame_is_kept() -> None:
    grabber = ended(started(FakeSource([50], live=False)))
    frame = grabber.wait(0, 1.0)
    assert frame is not None
    assert frame.number == 50
    assert grabber.wait(50, 0.01) is None
    assert grabber.problem is None


def test_a_camera_that_breaks_is_opened_again() -> None:
    source = FakeSource([3, None, None, 4])
    grabber = started(source)
    deadline = time.monotonic() + 5
    frame = None
    while (frame is None or frame.number < 7) and time.monotonic() < deadline:
        frame = grabber.wait(frame.number if frame else 0, 0.1) or frame
    assert frame is not None
    assert frame.number == 7
    assert source.opened >= 4
    grabber.close()
    assert grabber.state == "ended"


def test_a_camera_that_is_gone_is_told_and_tried_again() -> None:
    source = FakeSource([3])
    grabber = started(source)
    deadline = time.monotonic() + 5
    while (grabber.state != "lost" or source.opened < 4) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert grabber.problem == "door cannot be opened."
    grabber.close()


def test_a_webcam_that_is_not_there_is_not_tried_again() -> None:
    source = FakeSource([None], patient=False)
    grabber = ended(started(source))
    assert source.opened == 1
    assert grabber.problem == "door cannot be opened."
    assert grabber.wait(0, 5.0) is None


def test_an_outage_of_a_night_is_survived() -> None:
    grabber = Grabber(FakeSource([3]))
    delays: list[float] = []

    def wait(seconds: float | None = None) -> bool:
        delays.append(seconds or 0.0)
        if len(delays) > 3000:
            grabber.stop()
        return False

    grabber._stop.wait = wait  # type: ignore[method-assign, assignment]
    grabber._run()
    assert 5.0 < max(delays) <= 10.0
    assert grabber.problem == "door cannot be opened."


def test_a_camera_that_opens_and_gives_no_picture_is_told() -> None:
    grabber = ended(started(FakeSource([0], patient=False)))
    assert grabber.problem is not None
    assert "gives no picture" in grabber.problem


def test_a_fault_of_a_source_is_told() -> None:
    class Broken(FakeSource):
        def read(self) -> Rgb | None:
            raise RuntimeError("broken")

    assert ended(started(Broken([3]))).problem == "door stopped: broken"


def test_frames_are_mirrored_and_scaled_down_but_never_up() -> None:
    grabber = ended(started(FakeSource([1], live=False), flip=True, size=(32, 100)))
    frame = grabber.wait(0, 1.0)
    assert frame is not None
    assert frame.rgb.shape == (24, 32, 3)
    assert frame.rgb.flags.c_contiguous
    grabber = ended(started(FakeSource([1], live=False), size=(640, 480)))
    frame = grabber.wait(0, 1.0)
    assert frame is not None
    assert frame.rgb.shape == (48, 64, 3)
    assert np.all(frame.rgb == 0)


def test_a_file_plays_in_its_own_time() -> None:
    source = FakeSource([11], live=False)
    source.rate = 100.0
    before = time.monotonic()
    ended(started(source))
    assert time.monotonic() - before >= 0.095


def test_frames_are_thinned_out() -> None:
    source = FakeSource([20], live=False)
    source.rate = 100.0
    frame = ended(started(source, fps=25.0)).wait(0, 1.0)
    assert frame is not None
    assert 4 <= frame.number <= 7
