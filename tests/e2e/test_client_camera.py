import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import pytest

from maskclient.alerts.webhook import verify
from tests.e2e.faultyproxy import Fault, faulty_proxy
from tests.videos import walk, write_video

COMPLIANT: dict[str, object] = {"type": "verdict", "verdict": "compliant"}
UNSURE: dict[str, object] = {"type": "verdict", "verdict": "uncertain"}
PEOPLE = ["hopper", "collins-mask", "hopper-mask-on-chin"]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of three people: no mask, one worn well, one on the chin."""
    return write_video(tmp_path_factory.mktemp("door") / "door.mp4", walk(PEOPLE, 240))


@pytest.fixture(scope="module")
def long_door(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of one person, small, so that it is made quickly."""
    return write_video(
        tmp_path_factory.mktemp("long") / "door.mp4", walk(["collins-mask"], 900, (640, 360), 300)
    )


class Camera:
    """A running ``maskclient camera --headless``, and its lines as they come."""

    def __init__(self, *arguments: str | Path, **environment: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MASKCHECK_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "maskclient", "camera", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**inherited, **environment},
            # A shell's background jobs ignore Ctrl-C, and their children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def until(self, *wanted: dict[str, object], seconds: float = 30) -> float:
        """Wait for a line with each of these fields, in any order, and tell when the last one came."""
        missing = list(wanted)
        deadline = time.monotonic() + seconds
        while missing:
            line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            missing = [fields for fields in missing if not fields.items() <= line.items()]
        return time.monotonic()

    def finish(self, seconds: float = 60) -> tuple[int, list[dict[str, Any]], str]:
        code = self.process.wait(seconds)
        self._thread.join(5)
        assert self.process.stderr is not None
        return code, list(self._lines.queue), self.process.stderr.read()


@contextmanager
def watching(*arguments: str | Path, **environment: str) -> Iterator[Camera]:
    camera = Camera("--headless", *arguments, **environment)
    try:
        yield camera
    finally:
        camera.process.kill()
        camera.process.wait()
        for pipe in (camera.process.stdout, camera.process.stderr):
            assert pipe is not None
            pipe.close()


def test_three_people_get_their_verdicts_and_a_summary(service: str, door: Path, tmp_path: Path) -> None:
    record = tmp_path / "out.mp4"
    with watching(door, "--api", service, "--stats", "--record", record) as camera:
        code, lines, said = camera.finish()
    assert (code, said) == (0, "")
    verdicts = [line for line in lines if line.get("type") == "verdict"]
    shown = {line["track"]: line["label"] for line in verdicts if line["verdict"] != "uncertain"}
    assert sorted(shown.values()) == ["incorrect_mask", "with_mask", "without_mask"]
    assert len(verdicts) == 6  # unsure, then sure: no verdict flickers
    events = [line["type"] for line in lines if line.get("schema") == "maskcheck.event.v1"]
    assert sorted(events) == ["admit", "violation", "violation"]
    summary = lines[-1]
    assert summary["type"] == "summary"
    assert summary["people"] == 3
    assert summary["verdicts"] == {"compliant": 1, "violation": 2}
    assert summary["crops"] <= 30
    assert summary["failed_calls"] == 0
    video = cv2.VideoCapture(str(record))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) / video.get(cv2.CAP_PROP_FPS) == pytest.approx(8, abs=1)
    video.release()


def test_two_cameras_share_one_courier(service: str, door: Path) -> None:
    with watching(door, door, "--api", service, "--stats") as camera:
        code, lines, _ = camera.finish()
    assert code == 0
    assert {line["camera"] for line in lines if line.get("type") == "verdict"} == {"door.mp4", "door.mp4 (2)"}
    assert lines[-1]["people"] == 6
    assert lines[-1]["calls"] < lines[-1]["crops"]


@pytest.mark.parametrize("fault", ["drop", "error", "cut", "hang"])
def test_an_outage_is_told_and_over_within_two_seconds(service: str, long_door: Path, fault: Fault) -> None:
    with (
        faulty_proxy(service) as proxy,
        watching(long_door, "--api", proxy.url, "--interval", "0.5", "--stats") as camera,
    ):
        camera.until(COMPLIANT)
        proxy.switch(fault)
        camera.until({"type": "service", "state": "offline"}, UNSURE)  # old verdicts age out
        proxy.switch("none")
        back = time.monotonic()
        assert camera.until({"type": "service", "state": "online"}) - back <= 2.0
        camera.until(COMPLIANT)


def test_a_slow_line_costs_no_frame_and_no_verdict(service: str, door: Path) -> None:
    with faulty_proxy(service) as proxy, watching(door, "--api", proxy.url, "--stats") as camera:
        camera.until({"type": "verdict"})
        proxy.switch("delay")
        code, lines, _ = camera.finish()
    assert code == 0
    assert lines[-1]["round_trip_ms"] > 400
    assert not [line for line in lines if line.get("type") == "service"]
    assert lines[-1]["verdicts"] == {"compliant": 1, "violation": 2}


class _Receiver(BaseHTTPRequestHandler):
    posts: "queue.Queue[tuple[dict[str, str], bytes]]"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.put((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def receiver() -> "Iterator[tuple[str, queue.Queue[tuple[dict[str, str], bytes]]]]":
    posts: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Receiver", (_Receiver,), {"posts": posts}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", posts
    server.shutdown()
    server.server_close()
    thread.join()


def test_events_are_posted_and_signed(service: str, door: Path, tmp_path: Path) -> None:
    settings = tmp_path / "maskclient.toml"
    with receiver() as (url, posts):
        settings.write_text(f'[camera]\nwebhook = "{url}"\nalert-after = 1\nadmit-after = 1\n')
        arguments = (door, "--api", service, "--config", settings)
        with watching(*arguments, MASKCHECK_WEBHOOK_SECRET="hush") as camera:  # noqa: S106
            assert camera.finish()[0] == 0
        received = list(posts.queue)
    assert sorted(json.loads(body)["type"] for _, body in received) == ["admit", "violation", "violation"]
    assert all(verify(b"hush", headers, body, time.time()) for headers, body in received)
    assert not verify(b"wrong", received[0][0], received[0][1], time.time())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order_when_it_is_told_to(service: str, long_door: Path, how: signal.Signals) -> None:
    with watching(long_door, "--api", service, "--stats") as camera:
        camera.until(COMPLIANT)
        camera.process.send_signal(how)
        code, lines, said = camera.finish(15)
    assert (code, said) == (0, "")
    assert lines[-1]["type"] == "summary"
    assert lines[-1]["people"] == 1


def test_an_api_that_is_not_there_is_told_at_once(door: Path) -> None:
    with watching(door, "--api", "http://127.0.0.1:9/nothing") as camera:
        code, lines, said = camera.finish()
    assert (code, lines) == (2, [])
    assert "cannot be reached" in said


def test_a_camera_that_is_not_there_is_told(service: str) -> None:
    with watching("97", "--api", service) as camera:
        code, lines, said = camera.finish()
    assert (code, lines) == (2, [])
    assert "There is no camera 97" in said
    assert "Traceback" not in said
