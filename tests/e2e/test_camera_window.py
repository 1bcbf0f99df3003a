import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab

from maskclient.local import local_service
from maskclient.overlay import VERDICT_COLOURS
from maskclient.show.panel import ALARM
from tests.e2e.display import virtual_display
from tests.e2e.faultyproxy import FaultyProxy, faulty_proxy
from tests.videos import walk, write_video

pytest.importorskip("tkinter")
pytestmark = pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool")

PEOPLE = ["hopper", "collins-mask"]
KEPT = Path(__file__).parents[2] / "build" / "screenshots"
"""Where what was seen is left for people to look at."""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_display("1280x720") as number:
        yield number


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultyProxy]:
    with local_service() as service, faulty_proxy(service.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("door") / "door.mp4", walk(PEOPLE, 1200, (640, 360), 250))


class Screen:
    """What a person sees of the window, and the keys they press."""

    def __init__(self, display: str, process: "subprocess.Popen[str]") -> None:
        self.display = display
        self.process = process

    def look(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self.display).convert("RGB")

    def shows(self, colour: tuple[int, int, int]) -> bool:
        """Whether boxes and plates of that colour, and not a few stray pixels, are there."""
        return bool(np.all(np.asarray(self.look()) == colour, axis=2).sum() > 500)

    def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def press(self, key: str) -> None:
        window = subprocess.run(
            ["xdotool", "search", "--name", "MaskCheck"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[0]
        subprocess.run(["xdotool", "windowfocus", "--sync", window], check=True)  # noqa: S607
        subprocess.run(["xdotool", "key", key], check=True)  # noqa: S607

    def keep(self, name: str) -> None:
        KEPT.mkdir(parents=True, exist_ok=True)
        self.look().save(KEPT / f"{name}.png")


@pytest.fixture
def screen(display: str, proxy: FaultyProxy, door: Path, tmp_path: Path) -> Iterator[Screen]:
    proxy.switch("none")
    command = [sys.executable, "-m", "maskclient", "camera", door, "--api", proxy.url]
    process = subprocess.Popen(
        [*map(str, command), "--snapshots", str(tmp_path), "--interval", "1", "--stats"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DISPLAY": display},
    )
    yield Screen(display, process)
    process.kill()
    process.communicate()


def verdicts_are_shown(screen: Screen) -> Callable[[], bool]:
    return lambda: screen.shows(VERDICT_COLOURS["compliant"]) and screen.shows(VERDICT_COLOURS["violation"])


def test_the_window_shows_verdicts_takes_keys_and_ends(screen: Screen, tmp_path: Path) -> None:
    screen.until(verdicts_are_shown(screen))
    screen.keep("camera")
    screen.press("s")
    screen.until(lambda: bool(list(tmp_path.glob("maskclient-*.png"))))
    (snapshot,) = tmp_path.glob("maskclient-*.png")
    with Image.open(snapshot) as picture:
        assert picture.size == (640, 360)
    screen.press("q")
    said, _ = screen.process.communicate(timeout=20)
    assert screen.process.returncode == 0
    assert "2 people seen" in said


def test_pausing_stops_the_picture_and_labels_can_be_hidden(screen: Screen) -> None:
    screen.until(verdicts_are_shown(screen))
    with_labels = np.all(np.asarray(screen.look()) == VERDICT_COLOURS["compliant"], axis=2).sum()
    screen.press("l")
    screen.until(
        lambda: (
            np.all(np.asarray(screen.look()) == VERDICT_COLOURS["compliant"], axis=2).sum() < with_labels / 2
        )
    )
    screen.press("p")
    time.sleep(4)  # the message goes away after three seconds
    before = np.asarray(screen.look())
    time.sleep(0.5)
    assert np.array_equal(before, np.asarray(screen.look()))
    screen.press("p")
    screen.until(lambda: not np.array_equal(before, np.asarray(screen.look())))


def test_the_picture_goes_on_while_the_service_does_not(screen: Screen, proxy: FaultyProxy) -> None:
    screen.until(verdicts_are_shown(screen))
    proxy.switch("hang")

    def top() -> bool:
        return bool((np.asarray(screen.look())[:12] == ALARM).all(axis=2).mean() > 0.5)

    changed = 0
    before = np.asarray(screen.look())
    deadline = time.monotonic() + 20
    while not top():
        assert time.monotonic() < deadline
        now = np.asarray(screen.look())
        changed += not np.array_equal(before, now)
        before = now
    assert changed >= 5
    screen.until(lambda: screen.shows(VERDICT_COLOURS["uncertain"]))
    screen.keep("offline")
    proxy.switch("none")
    screen.until(lambda: not top(), 3)
    screen.until(verdicts_are_shown(screen), 10)
