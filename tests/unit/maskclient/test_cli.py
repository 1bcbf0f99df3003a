import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from maskclient import cli
from maskclient.commands import connection
from maskclient.detectors import DEFAULT_DETECTOR, DETECTORS
from tests.unit.maskclient.scripted_api import Reply, ScriptedApi


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (connection.API_VARIABLE, connection.KEY_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def face() -> Image.Image:
    return Image.fromarray(data.astronaut()[20:220, 125:325])


@pytest.fixture
def folder(tmp_path: Path, face: Image.Image) -> Path:
    photos = tmp_path / "photos"
    (photos / "sub").mkdir(parents=True)
    face.save(photos / "a.jpg")
    Image.new("RGB", (80, 60), "white").save(photos / "empty.png")
    face.save(photos / "sub" / "a.jpg")
    return photos


def test_everything_is_well(api: ScriptedApi, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["image", str(folder), "--api", api.url]) == 0
    told = capsys.readouterr()
    assert "3 pictures, 2 compliant, 1 picture without a face" in told.out
    assert "no face found" in told.out
    assert told.err == ""


@pytest.mark.parametrize(
    ("label", "verdict", "code"),
    [
        ("with_mask", "compliant", 0),
        ("without_mask", "violation", 1),
        ("without_mask", "uncertain", 0),
        ("not_face", "rejected", 0),
        ("with_mask", "invented-later", 0),
    ],
)
def test_only_a_violation_is_one(api: ScriptedApi, folder: Path, label: str, verdict: str, code: int) -> None:
    api.label, api.verdict = label, verdict
    assert cli.main(["image", str(folder), "--api", api.url]) == code


def test_a_failure_outranks_a_violation_and_stops_nothing(
    api: ScriptedApi, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.label, api.verdict = "without_mask", "violation"
    (folder / "broken.jpg").write_bytes(b"nothing")
    missing = str(folder / "missing.jpg")
    assert cli.main(["image", missing, str(folder), "--json", "--api", api.url]) == 2
    told = capsys.readouterr()
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert [Path(line["path"]).name for line in lines] == [
        "missing.jpg",
        "a.jpg",
        "broken.jpg",
        "empty.png",
        "a.jpg",
    ]
    assert [line["error"] is None for line in lines] == [False, True, False, True, True]
    assert [len(line["faces"]) for line in lines] == [0, 1, 0, 0, 1]
    assert lines[1]["faces"][0]["result"]["verdict"] == "violation"
    assert (lines[1]["width"], lines[1]["height"]) == (200, 200)
    assert sorted(line.split(": ")[0] for line in told.err.splitlines()) == sorted(
        [missing, lines[2]["path"]]
    )


def test_annotated_copies_mirror_the_folders(api: ScriptedApi, folder: Path, tmp_path: Path) -> None:
    before = (folder / "a.jpg").read_bytes()
    out = tmp_path / "out"
    assert cli.main(["image", str(folder), "--out", str(out), "--api", api.url]) == 0
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    assert written == ["a.jpg", "empty.png", "sub/a.jpg"]
    with Image.open(out / "a.jpg") as copy, Image.open(folder / "a.jpg") as source:
        assert copy.size == source.size
        assert np.abs(np.asarray(copy).astype(int) - np.asarray(source)).max() > 60
    assert (folder / "a.jpg").read_bytes() == before


def test_copies_inside_the_folder_are_not_judged_the_next_time(api: ScriptedApi, folder: Path) -> None:
    for _ in range(2):
        cli.main(["image", str(folder), "--out", str(folder / "out"), "--api", api.url])
    assert len(list((folder / "out").rglob("*.jpg"))) == 2


def test_pictures_are_never_overwritten(
    api: ScriptedApi, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["image", str(folder / "a.jpg"), "--out", str(folder), "--api", api.url]) == 2
    assert "--out" in capsys.readouterr().err
    assert api.received == []


def test_a_copy_that_cannot_be_written_is_a_failure(
    api: ScriptedApi, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert cli.main(["image", str(folder / "a.jpg"), "--out", str(tmp_path / "file"), "--api", api.url]) == 2
    told = capsys.readouterr()
    assert "compliant" in told.out
    assert "the annotated copy is missing" in told.err


def test_a_turned_picture_is_told_and_boxed_upright(
    api: ScriptedApi, tmp_path: Path, face: Image.Image, capsys: pytest.CaptureFixture[str]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = Image.new("RGB", (300, 200), "white")
    upright.paste(face, (0, 0))
    upright.rotate(90, expand=True).save(tmp_path / "turned.jpg", exif=exif)
    assert cli.main(["image", str(tmp_path), "--api", api.url]) == 0
    assert "turned upright" in capsys.readouterr().out
    cli.main(["image", str(tmp_path), "--json", "--api", api.url])
    line = json.loads(capsys.readouterr().out)
    assert (line["width"], line["height"]) == (300, 200)
    assert line["faces"][0]["box"][2] <= 200


def test_a_wrong_key_ends_it_at_once(
    api: ScriptedApi, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.script.append(Reply(403, {"message": "Forbidden"}))
    assert cli.main(["image", str(folder), "--api", api.url, "--api-key", "hidden"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("maskclient: The API at http://127.0.0.1")
    assert "hidden" not in told.err


def test_the_environment_names_api_and_key(
    api: ScriptedApi, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(connection.API_VARIABLE, api.url)
    monkeypatch.setenv(connection.KEY_VARIABLE, "from-environment")
    assert cli.main(["image", str(folder / "a.jpg")]) == 0
    assert cli.main(["image", str(folder / "a.jpg"), "--api-key", "from-option"]) == 0
    assert {request.headers["x-api-key"] for request in api.received} == {"from-environment", "from-option"}


def test_an_address_that_is_none_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["image", str(folder), "--api", "example.org"]) == 2
    assert "must look like" in capsys.readouterr().err


def test_without_a_picture_no_api_is_asked(
    api: ScriptedApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["image", str(tmp_path), str(tmp_path / "missing.jpg"), "--api", api.url]) == 2
    assert "there is no picture in this folder" in capsys.readouterr().err
    assert api.received == []


class InterruptedDetector:
    def __init__(self) -> None:
        self.calls = 0

    def detect(self, rgb: np.ndarray) -> list[object]:  # noqa: ARG002
        self.calls += 1
        if self.calls == 3:
            raise KeyboardInterrupt
        return []


def test_an_interruption_tells_what_is_known(
    api: ScriptedApi, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DETECTORS, DEFAULT_DETECTOR, InterruptedDetector)
    assert cli.main(["image", str(folder), "--api", api.url]) == 130
    assert "2 pictures" in capsys.readouterr().out


class FaultyDetector:
    def detect(self, rgb: np.ndarray) -> list[object]:
        raise TypeError(f"a fault with {rgb.shape}")


def test_a_fault_of_the_program_is_no_violation(
    api: ScriptedApi, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DETECTORS, DEFAULT_DETECTOR, FaultyDetector)
    assert cli.main(["image", str(folder), "--api", api.url]) == 2
    assert "TypeError: a fault with" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["image"], ["image", "x.jpg", "--detector", "none"], ["video", "x.mp4"]]
)
def test_wrong_arguments_are_a_failure(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_help_tells_examples_and_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["image", "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(
        words in told
        for words in ("examples:", "exit status:", connection.API_VARIABLE, connection.KEY_VARIABLE)
    )


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == "maskclient 1.0.0\n"
