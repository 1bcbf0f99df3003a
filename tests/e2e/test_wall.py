import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from maskclient.camera.views import CameraView
from maskclient.local import local_service
from maskclient.show.status import Status
from maskclient.wall.publishing import Publisher
from tests.e2e.browser import Browser, browsing
from tests.e2e.wallviewer import Viewer
from tests.memory import resident_mb
from tests.videos import walk, write_video

TOKEN = "a-token-for-the-tests"  # noqa: S105
HEADER = {"Authorization": f"Bearer {TOKEN}"}
PEOPLE = {
    "hall": ["hopper"],
    "gate": ["collins-mask"],
    "lift": ["hopper-mask-on-chin"],
    "yard": ["hopper", "collins-mask"],
}
KEPT = Path(__file__).parents[2] / "build" / "screenshots"
CAMERAS = ", ".join(sorted(PEOPLE))


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with local_service() as running:
        yield running.url


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Half a minute each, small, so that they are made quickly."""
    folder = tmp_path_factory.mktemp("wall")
    return {
        name: write_video(folder / f"{name}.mp4", walk(people, 450, (640, 360), 240), 15)
        for name, people in PEOPLE.items()
    }


class Wall:
    """A running ``maskclient wall``, and what is done with it."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url
        self.socket = url.replace("http", "ws")

    def cameras(self) -> dict[str, dict[str, Any]]:
        listed = requests.get(f"{self.url}api/cameras", headers=HEADER, timeout=10).json()["cameras"]
        return {camera["name"]: camera for camera in listed}


@pytest.fixture
def wall(service: str, videos: dict[str, Path]) -> Iterator[Wall]:
    sources = [f"{name}={path}" for name, path in videos.items()]
    options = ["--api", service, "--port", "0", "--alert-after", "1", "--admit-after", "1"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MASKCHECK_")}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "maskclient", "wall", *sources, *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**inherited, "MASKCHECK_TOKEN": TOKEN},
    ) as process:
        lines: queue.Queue[str] = queue.Queue()

        def read() -> None:
            for line in process.stderr or ():
                lines.put(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            said = lines.get(timeout=60)
            address = re.search(r"http://\S+", said)
            assert address is not None, said
            yield Wall(process, address[0])
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            reader.join(5)
            assert list(lines.queue) == []
        finally:
            process.kill()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)


@contextmanager
def viewing(wall: Wall) -> Iterator[Viewer]:
    with connect(f"{wall.socket}watch", compression=None) as socket:
        socket.send(json.dumps({"type": "hello", "token": TOKEN}))
        yield Viewer(socket)


@contextmanager
def stalled(wall: Wall) -> Iterator[ClientConnection]:
    """A viewer who says hello and then reads and acknowledges nothing."""
    with connect(f"{wall.socket}watch", compression=None, max_queue=1, close_timeout=0.1) as socket:
        socket.send(json.dumps({"type": "hello", "token": TOKEN}))
        yield socket


def test_a_stalled_viewer_costs_the_others_nothing(wall: Wall) -> None:
    with viewing(wall) as first, viewing(wall) as second, stalled(wall):
        until(lambda: all(len(viewer.times) == 4 for viewer in (first, second)))
        until(lambda: any(event["type"] == "admit" for event in first.events))
        time.sleep(2)  # everything that is allocated once has been
        before, started = resident_mb(wall.process.pid), time.monotonic()
        counted = [len(viewer.ages) for viewer in (first, second)]
        time.sleep(10)
        seconds = time.monotonic() - started
        grown = resident_mb(wall.process.pid) - before
        rates = [
            (len(viewer.ages) - count) / seconds / 4
            for viewer, count in zip((first, second), counted, strict=True)
        ]
        ages = np.array(first.ages[counted[0] :])
        print(
            f"frames/s per camera {rates[0]:.1f} and {rates[1]:.1f}; age median {np.median(ages):.0f} ms, "
            f"p99 {np.percentile(ages, 99):.0f} ms, most {ages.max():.0f} ms; longest pause "
            f"{first.longest_pause():.2f} s; {before:.0f} MB grown by {grown:.1f} MB; "
            f"a picture has {np.mean(first.sizes) / 1000:.0f} kB"
        )
        assert min(rates) >= 3  # 15 where the computer does nothing else
        assert max(rates) <= 16.5
        assert np.percentile(ages, 99) < 1500
        assert first.longest_pause() < 3
        assert grown < 40
        kinds = {(event["camera"], event["type"]) for event in first.events}
        assert kinds >= {("hall", "violation"), ("gate", "admit")}
        assert [event["time"] for event in first.events] == sorted(
            (event["time"] for event in first.events), reverse=True
        )
        assert first.cameras["hall"]["violations"] == 1
        assert first.figures["yard"]["present"] == {"compliant": 1, "violation": 1}


def test_cameras_go_and_come_while_it_runs(wall: Wall, videos: dict[str, Path]) -> None:
    url = f"{wall.url}api/cameras"
    with viewing(wall) as viewer:
        until(lambda: len(viewer.times) == 4)
        assert requests.delete(f"{url}/lift", headers=HEADER, timeout=10).status_code == 204
        until(lambda: "lift" not in viewer.cameras)
        counted = len(viewer.times["lift"])
        wanted = {"source": str(videos["lift"]), "name": "lift"}
        assert requests.post(url, json=wanted, headers=HEADER, timeout=30).json() == {"name": "lift"}
        until(lambda: len(viewer.times["lift"]) > counted + 5)
        until(lambda: viewer.figures["lift"]["present"] == {"violation": 1})
        missing = requests.post(url, json={"source": "/no/such.mp4"}, headers=HEADER, timeout=10)
        assert (missing.status_code, "there is no such file" in missing.json()["error"]) == (422, True)
        assert sorted(viewer.cameras) == sorted(PEOPLE)


def test_a_published_camera_appears_and_disappears(wall: Wall) -> None:
    told: list[str] = []
    with viewing(wall) as viewer:
        publisher = Publisher(wall.socket, TOKEN, Status, told.append)
        try:
            for number in range(1, 31):
                rgb = np.full((1080, 1920, 3), 8 * number, np.uint8)
                publisher.seen(CameraView("hall", number, rgb, (), 0, 15.0, None, "live"), time.monotonic())
                time.sleep(1 / 15)
            until(lambda: len(viewer.times.get("hall (2)", [])) > 5)
            assert viewer.cameras["hall (2)"]["origin"] == "published"
        finally:
            publisher.close()
        until(lambda: "hall (2)" not in viewer.cameras)
    assert told == []


def test_a_wrong_token_is_refused_everywhere(wall: Wall) -> None:
    wrong = {"Authorization": "Bearer another-token-than-it"}
    assert requests.get(f"{wall.url}api/cameras", headers=wrong, timeout=10).status_code == 401
    with pytest.raises(InvalidStatus), connect(f"{wall.socket}publish", additional_headers=wrong):
        pass
    with connect(f"{wall.socket}watch") as socket:
        socket.send('{"type": "hello", "token": "another-token-than-it"}')
        with pytest.raises(ConnectionClosed, match="token is wrong"):
            socket.recv(timeout=10)


@pytest.fixture
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


def test_the_page_shows_them_and_connects_again(
    wall: Wall, browser: Browser, videos: dict[str, Path]
) -> None:
    browser.open(wall.url)
    browser.until("!document.getElementById('token-form').hidden")
    browser.run(f"document.getElementById('token').value = '{TOKEN}'")
    browser.run("document.querySelector('#token-form button').click()")
    names = "[...document.querySelectorAll('h3')].map(e => e.textContent).sort().join(', ')"
    browser.until(f"{names} === {CAMERAS!r}")
    browser.until("[...document.querySelectorAll('#tiles img')].every(e => e.naturalWidth === 640)")
    browser.until("document.querySelectorAll('#events li').length >= 4")
    source = "document.querySelector('#tiles img').src"
    before = browser.run(source)
    browser.until(f"{source} !== {before!r}")
    assert browser.run("document.querySelector('#tiles img').alt").startswith("hall: #1 no mask")
    browser.screenshot(KEPT / "wall.png", 1360, 900)
    browser.screenshot(KEPT / "wall-phone-dark.png", 390, 844, dark=True)
    assert browser.roles() >= {"banner", "main", "complementary", "status", "list", "heading", "image"}
    unnamed = "[...document.querySelectorAll('button')].filter(e => !e.textContent.trim()).length"
    assert browser.run(unnamed) == 0
    assert browser.run("document.getElementById('events').getAttribute('aria-live')") == "polite"
    browser.run("document.getElementById('cameras').focus()")
    browser.press("Tab")
    assert browser.run("document.activeElement.ariaLabel") == "Enlarge hall"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    wide = "document.documentElement.scrollWidth <= window.innerWidth"
    assert browser.run(wide)
    counted = browser.run("document.querySelectorAll('#events li').length")
    browser.run("socket.close()")
    browser.until("document.body.classList.contains('offline')")
    browser.until("!document.body.classList.contains('offline')")
    assert browser.run("document.querySelectorAll('#events li').length") >= counted
    ids = "[...document.querySelectorAll('#events li')].map(e => e.dataset.event)"
    assert browser.run(f"new Set({ids}).size === {ids}.length")
    for _ in range(2):
        browser.run(
            'document.querySelector(\'[aria-label="Remove lift"], [aria-label*="remove lift"]\').click()'
        )
    browser.until("document.querySelectorAll('.tile').length === 3")
    browser.run(f"document.getElementById('source').value = {str(videos['lift'])!r}")
    browser.run("document.getElementById('name').value = '<b>lift</b>'")
    browser.run("document.querySelector('#add-form button').click()")
    browser.until("document.querySelectorAll('.tile').length === 4")
    assert browser.run("document.querySelectorAll('.tile b').length") == 0
    assert browser.complaints() == []


def test_a_camera_command_publishes_its_frames_and_events(
    wall: Wall, videos: dict[str, Path], service: str
) -> None:
    command = ["camera", f"far={videos['hall']}", "--headless", "--api", service, "--alert-after", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "maskclient", *command, "--publish", wall.socket],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "MASKCHECK_TOKEN": TOKEN},
    ) as camera:
        deadline = time.monotonic() + 30
        while wall.cameras().get("far", {}).get("violations", 0) == 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        far = wall.cameras()["far"]
        camera.terminate()
    assert far["violations"] == 1
