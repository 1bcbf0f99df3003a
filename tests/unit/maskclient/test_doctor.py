import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from maskclient import doctor
from maskclient.camera.foldersource import FolderSource
from maskclient.commands import doctor as command
from maskclient.detector import Rgb
from maskclient.detectors import DETECTORS
from maskclient.doctor import (
    Check,
    check_camera,
    check_detector,
    check_display,
    check_opencv,
    check_python,
    check_settings,
)
from maskclient.doctorapi import check_api, check_clock
from maskclient.errors import DetectorUnavailable, LocalServiceFailed, SourceUnavailable
from tests.unit.maskclient.scripted_api import REF, Reply, ScriptedApi

EXAMPLES = Path(__file__).parents[3] / "client" / "examples"
KEY = "a-secret-key-1234"


class Camera:
    name, patient = "camera 7", False

    def __init__(self, period: float, *, live: bool = True) -> None:
        self.fps = None
        self.live = live
        self._period = period

    def check(self) -> None:
        pass

    def open(self) -> None:
        if not self._period:
            raise SourceUnavailable("There is no camera 7.")

    def read(self) -> Rgb:
        time.sleep(self._period)
        return np.zeros((48, 64, 3), np.uint8)

    def close(self) -> None:
        pass


def camera(
    monkeypatch: pytest.MonkeyPatch,
    period: float,
    measured: float = 0.7,
    *,
    patience: float = 5.0,
    live: bool = True,
) -> Check:
    source = Camera(period, live=live)
    monkeypatch.setattr(doctor, "parse_source", lambda _: source)
    return check_camera("7", first_seconds=patience, measure_seconds=measured)


def states(checks: Sequence[Check]) -> dict[str, str]:
    return {check.name: check.state for check in checks}


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    options = parser.parse_args(["doctor", *map(str, arguments)])
    code: int = options.run(options)
    return code


def test_this_computer_is_well() -> None:
    assert check_python().state == "ok"
    assert check_opencv().state == "ok"
    assert check_detector().state == "ok"


def test_a_package_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_rich(name: str) -> str:
        if name == "rich":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("importlib.metadata.version", without_rich)
    check = check_python()
    assert (check.state, check.said) == ("failed", "missing: rich")
    assert check.advice is not None
    assert "pip install" in check.advice


def test_an_opencv_without_cascades_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2.data, "haarcascades")  # type: ignore[attr-defined]
    assert check_opencv().state == "warning"


def test_a_detector_that_cannot_work_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise DetectorUnavailable("It is not there.")

    monkeypatch.setitem(DETECTORS, "mine", missing)
    assert check_detector("mine") == Check(
        "face detector", "failed", "It is not there.", "Name another with --detector."
    )


def test_a_camera_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    check = camera(monkeypatch, 0.02)
    assert (check.name, check.state) == ("camera 7", "ok")
    assert check.said.startswith("64 x 48 pixels, ")


def test_a_slow_camera_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, slowest = camera(monkeypatch, 0.3), camera(monkeypatch, 0.5, measured=0.1)
    assert (slow.state, slowest.state) == ("warning", "warning")
    assert slowest.said == "64 x 48 pixels, 0.0 frames per second"
    assert camera(monkeypatch, 0.3, live=False).state == "ok"


def test_a_camera_that_gives_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert camera(monkeypatch, 0).said == "There is no camera 7."
    assert camera(monkeypatch, 0.5, patience=0.1).said == "no frame came within 0.1 s"


def test_a_source_that_is_none_is_told_without_its_password() -> None:
    check = check_camera(f"ftp://me:{KEY}@host/x")
    assert check.state == "failed"
    assert KEY not in check.said


def test_a_folder_is_a_camera() -> None:
    check = check_camera(str(EXAMPLES), measure_seconds=0.5)
    assert (check.name, check.state) == ("camera examples", "ok")


def test_a_folder_of_one_picture_is_a_camera(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes((EXAMPLES / "hopper.jpg").read_bytes())
    assert FolderSource(tmp_path).live is False
    check = check_camera(str(tmp_path), measure_seconds=0.2)
    assert (check.state, check.advice) == ("ok", None)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_there_is_nothing_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tkinter")
    monkeypatch.delenv("DISPLAY", raising=False)
    check = check_display()
    assert (check.state, check.advice) == ("skipped", "Say --headless.")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_a_display_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tkinter")
    monkeypatch.setenv("DISPLAY", ":4711")
    check = check_display()
    assert check.state == "failed"
    assert ":4711" in check.said


def test_a_python_without_tkinter_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tkinter", None)
    check = check_display({"DISPLAY": ":0"})
    assert check.state == "warning"
    assert "python3-tk" in str(check.advice)


def test_a_window_that_opens_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tk:
        TclError = RuntimeError
        done: list[str] = []  # noqa: RUF012

        def __init__(self) -> None:
            Tk.done.append("opened")

        def withdraw(self) -> None:
            Tk.done.append("hidden")

        def winfo_screenwidth(self) -> int:
            return 1920

        def winfo_screenheight(self) -> int:
            return 1080

        def destroy(self) -> None:
            Tk.done.append("closed")

    module = argparse.Namespace(Tk=Tk, TclError=RuntimeError)
    monkeypatch.setitem(sys.modules, "tkinter", module)
    assert check_display({"DISPLAY": ":0"}) == Check("display", "ok", "1920 x 1080 pixels")
    assert Tk.done == ["opened", "hidden", "closed"]


def test_the_settings_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "maskclient.toml"
    assert check_settings(file).state == "skipped"
    file.write_text("[camera]\nx = 1\n")
    assert check_settings(file).said.endswith(": camera")
    file.write_text("[camera\n")
    assert check_settings(file).state == "failed"
    file.write_bytes(b"\xff")
    assert check_settings(file).state == "failed"
    assert check_settings(tmp_path).state == "failed"


def test_a_healthy_api_is_well(api: ScriptedApi) -> None:
    checks = check_api(api.url, KEY)
    assert states(checks) == dict.fromkeys(("API", "API key", "model", "round trip", "clock"), "ok")
    said = {check.name: check.said for check in checks}
    assert said["model"] == "mask-classifier 1.0.0, looks at 112 x 112 pixels"
    assert said["API key"] == "accepted"
    assert check_api(api.url, None)[1].said == "none given, and none asked for"


def test_an_api_with_a_stand_in_is_told(api: ScriptedApi) -> None:
    document = {"status": "degraded", "version": "1.0.0", "model": REF, "fallback": "No store."}
    api.script.append(Reply(document=document))
    check = check_api(api.url, KEY)[0]
    assert (check.state, check.said) == ("warning", "degraded: No store.")


def test_a_wrong_key_is_told(api: ScriptedApi) -> None:
    api.script.extend([Reply(document={"status": "ok", "version": "1.0.0"}), Reply(401, {})])
    checks = check_api(api.url, KEY)
    assert states(checks) == {
        "API": "ok",
        "API key": "failed",
        "model": "skipped",
        "round trip": "ok",
        "clock": "ok",
    }
    assert "--api-key" in str(checks[1].advice)
    assert KEY not in str(checks)


def test_an_api_that_lets_nobody_in_is_told(api: ScriptedApi) -> None:
    api.script.append(Reply(403, {}))
    checks = check_api(api.url, KEY)
    assert set(states(checks[1:]).values()) == {"skipped"}
    assert (checks[0].state, KEY in str(checks)) == ("failed", False)


def test_an_api_that_breaks_down_meanwhile_is_told(api: ScriptedApi) -> None:
    well = Reply(document={"status": "ok", "version": "1.0.0"})
    api.script.extend([well, Reply(500, {}), well, Reply(503, {})])
    found = states(check_api(api.url, None))
    assert (found["API key"], found["model"], found["round trip"]) == ("skipped", "failed", "failed")


def test_a_slow_api_is_told(api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskclient.doctorapi.SLOW_MS", 0.0)
    assert states(check_api(api.url, None))["round trip"] == "warning"


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "not an address"])
def test_an_api_that_is_not_there_is_told(address: str) -> None:
    checks = check_api(address, KEY)
    assert checks[0].state == "failed"
    assert checks[0].advice
    assert {check.state for check in checks[1:]} == {"skipped"}


@pytest.mark.parametrize(("offset", "words"), [(100.0, "ahead of"), (-100.0, "behind")])
def test_a_wrong_clock_is_told(offset: float, words: str, api: ScriptedApi) -> None:
    check = check_clock(api.url, lambda: time.time() + offset)
    assert check.state == "warning"
    assert words in check.said


def test_a_clock_is_read_from_any_answer_and_without_the_key(api: ScriptedApi) -> None:
    api.script.append(Reply(500, {}))
    assert check_clock(api.url).state == "ok"
    assert "x-api-key" not in api.received[-1].headers


def test_a_clock_that_cannot_be_compared_is_told(api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_clock("http://127.0.0.1:1").state == "skipped"
    monkeypatch.setattr("maskclient.doctorapi._date_of", lambda *_: ("", time.time()))
    assert check_clock(api.url).said == "the API's answers have no date"


@pytest.fixture
def without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MASKCHECK_") or name == "DISPLAY"]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("without_settings")
def test_the_command_tells_people(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--api", api.url, "--api-key", KEY) == 0
    said = capsys.readouterr().out
    assert "What to do" in said
    assert "maskclient doctor 0" in said
    assert KEY not in said


@pytest.mark.usefixtures("without_settings")
def test_the_command_tells_programs(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASKCHECK_API", api.url)
    monkeypatch.setenv("MASKCHECK_API_KEY", KEY)
    api.script.append(Reply(403, {}))
    assert run("--json", EXAMPLES, "no-such-camera") == 2
    said = capsys.readouterr().out
    document = json.loads(said)
    assert document["ok"] is False
    failed = [check for check in document["checks"] if check["state"] == "failed"]
    assert [check["name"] for check in failed] == ["camera", "API"]
    assert all(check["advice"] for check in failed)
    assert KEY not in said
    assert api.received[0].headers["x-api-key"] == KEY


@pytest.mark.usefixtures("without_settings")
def test_the_function_is_started_here_where_no_address_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    checks = {check["name"]: check["state"] for check in json.loads(capsys.readouterr().out)["checks"]}
    assert {name: checks[name] for name in ("API", "model", "clock")} == dict.fromkeys(
        ("API", "model", "clock"), "ok"
    )


@pytest.mark.usefixtures("without_settings")
def test_a_function_that_does_not_start_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise LocalServiceFailed("It did not start.")

    monkeypatch.setattr(command, "address_of_api", broken)
    assert run("--json") == 2
    assert json.loads(capsys.readouterr().out)["checks"][-1]["said"] == "It did not start."
