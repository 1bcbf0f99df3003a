import argparse
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskclient.camera.courier import Courier
from maskclient.camera.grabber import Grabber
from maskclient.camera.sources import Source
from maskclient.camera.watching import Watch
from maskclient.commands import wall as command
from maskclient.detector import Face, Rgb
from maskclient.errors import (
    ConfigurationInvalid,
    DetectorUnavailable,
    MaskClientError,
    SourceUnavailable,
)
from maskclient.show.status import Status
from maskclient.wall.cameras import Cameras, HubListener
from maskclient.wall.hub import Hub, WallFull
from tests.unit.maskclient.alerts.receiver import SECRET, receiving
from tests.unit.maskclient.camera.fakes import MODEL_INFO, FakeApi, FakeDetector, FakeSource
from tests.unit.maskclient.scripted_api import ScriptedApi
from tests.unit.maskclient.wall.fakes import until
from tests.videos import walk, write_video


class Broken(FakeDetector):
    def detect(self, rgb: Rgb) -> list[Face]:  # noqa: ARG002
        raise RuntimeError("out of memory")


class Rig:
    """Cameras of fake sources: ``door`` delivers for ever, ``short`` ends, ``none`` cannot be opened."""

    def __init__(self, hub: Hub, courier: Courier) -> None:
        self.hub = hub
        self.courier = courier
        self.sources: dict[str, FakeSource] = {}
        self.failure: Exception | None = None
        self.detector = FakeDetector()
        self.removed: list[str] = []
        self.cameras = Cameras(hub, self.parse, self.open_watch, self.removed.append)

    def parse(self, text: str) -> Source:
        openings: dict[str, list[int | None]] = {"door": [10**9], "short": [3], "none": [None]}
        if text not in openings:
            raise SourceUnavailable(f"{text}: there is no such file.")
        source = FakeSource(openings[text], live=text == "door", patient=False)
        source.rate = 30.0
        self.sources[text] = source
        return source

    def open_watch(self, source: Source, name: str) -> Watch:
        if self.failure is not None:
            raise self.failure
        listeners = [HubListener(self.hub, Status)]
        return Watch(
            [source], [name], [self.detector], self.courier, MODEL_INFO, listeners, grab=Grabber, interval=3.0
        )

    def state(self, name: str) -> str:
        self.cameras.look()
        return str(next(camera["state"] for camera in self.hub.state() if camera["name"] == name))


@pytest.fixture
def rig() -> Iterator[Rig]:
    api = FakeApi()
    with Courier(api, api) as courier:
        rig = Rig(Hub(), courier)
        yield rig
        rig.cameras.close()


def test_a_camera_comes_is_shown_and_goes(rig: Rig) -> None:
    assert rig.cameras.add("door", "front") == "front"
    viewer = rig.hub.join(lambda: None)
    until(lambda: rig.state("front") == "live")
    until(lambda: viewer.take_picture() is not None)
    assert rig.cameras.remove("front")
    assert rig.hub.state() == []
    assert rig.sources["door"].closed > 0
    assert not rig.cameras.remove("front")
    assert rig.removed == ["front"]
    assert not [thread for thread in threading.enumerate() if thread.name == "watch front"]


def test_the_others_go_on_when_one_ends_or_fails(rig: Rig) -> None:
    names = [rig.cameras.add(text, text) for text in ("door", "short", "none")]
    until(lambda: [rig.state(name) for name in names] == ["live", "ended", "ended"])
    assert rig.cameras.look() == {"none": "door cannot be opened."}
    rig.detector = Broken()
    rig.cameras.add("door", "second")
    until(lambda: rig.state("second") == "failed")
    assert "out of memory" in rig.cameras.look()["second"]
    assert rig.state("door") == "live"


def test_names_are_numbered_or_those_of_the_source(rig: Rig) -> None:
    assert [rig.cameras.add("door"), rig.cameras.add("door", " door ")] == ["door", "door (2)"]
    with pytest.raises(ValueError, match="80 letters"):
        rig.cameras.add("door", "x" * 81)


def test_what_cannot_be_opened_leaves_nothing_behind(rig: Rig) -> None:
    with pytest.raises(SourceUnavailable):
        rig.cameras.add("nowhere")
    rig.failure = DetectorUnavailable("YuNet is not there.")
    with pytest.raises(DetectorUnavailable):
        rig.cameras.add("door")
    assert rig.hub.state() == []


def test_a_full_wall_opens_nothing(rig: Rig) -> None:
    for _ in range(32):
        rig.hub.add("gate", "published")
    with pytest.raises(WallFull):
        rig.cameras.add("door")
    assert rig.sources["door"].opened == 0


def test_after_the_end_none_is_begun(rig: Rig) -> None:
    rig.cameras.close()
    rig.cameras.add("door")
    assert rig.sources["door"].opened == 0


def test_the_command_shows_a_video_until_its_time_is_over(
    api: ScriptedApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = write_video(tmp_path / "door.mp4", walk(["collins-mask"], 60, (320, 180), 120))
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    options = ["--api", api.url, "--port", "0", "--duration", "1.5"]
    assert command.run(parsed(f"hall={video}", str(broken), *options)) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("maskclient: The wall is at http://127.0.0.1:")
    assert "cannot be opened as a video" in told[1]
    assert len(told) == 2


def test_the_command_tells_others_of_its_cameras(api: ScriptedApi, tmp_path: Path) -> None:
    api.label, api.verdict = "without_mask", "violation"
    video = write_video(tmp_path / "hall.mp4", walk(["hopper"], 150, (320, 180), 120))
    options = ["--api", api.url, "--port", "0", "--duration", "5", "--alert-after", "0.5"]
    with receiving() as receiver:
        secret = ["--webhook-secret", SECRET.decode()]
        assert command.run(parsed(f"hall={video}", "--webhook", receiver.url, *secret, *options)) == 0
        events = [json.loads(body) for _, body in receiver.requests]
    assert [(event["type"], event["camera"]) for event in events] == [("violation", "hall")]
    assert receiver.genuine == [True]


def test_the_command_may_begin_without_cameras(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--no-cameras", "--api", api.url, "--port", "0", "--duration", "0.1"]
    assert command.run(parsed(*options)) == 0
    assert "The wall is at" in capsys.readouterr().err


def test_a_first_camera_that_is_not_there_is_told(api: ScriptedApi) -> None:
    for source in ("/no/such.mp4", f"{'x' * 81}=/dev/null"):
        with pytest.raises(MaskClientError, match=r"no such file|80 letters"):
            command.run(parsed(source, "--api", api.url, "--port", "0"))


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["wall", *arguments])


def test_options() -> None:
    options = parsed()
    assert (options.host, options.port, options.token, options.sources) == ("127.0.0.1", 8090, None, ["0"])
    for wrong in ("-1", "65536", "x"):
        with pytest.raises(SystemExit):
            parsed("--port", wrong)


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--host", "0.0.0.0"], "needs a token"), (["--token", "short"], "16 letters")]  # noqa: S104
)  # fmt: skip
def test_a_wall_that_would_be_open_to_all_is_refused(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MASKCHECK_TOKEN", raising=False)
    with pytest.raises(ConfigurationInvalid, match=said):
        command.run(parsed(*arguments))
