import argparse
from pathlib import Path

import pytest

from maskclient.cli import build_parser
from maskclient.commands.cameraoptions import add_options
from maskclient.errors import ConfigurationInvalid
from maskclient.settings import apply_settings, settings_file


def parsed(
    *arguments: str, file: str | None = None, folder: Path | None = None, **environment: str
) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    path = None
    if file is not None and folder is not None:
        path = folder / "maskclient.toml"
        path.write_text(file)
    apply_settings(parser, "camera", environment, path)
    return parser.parse_args(list(arguments))


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = "[camera]\nalert-after = 5\nadmit-after = 1\ninterval = 4.5\nflip = true\n[other]\nx = 1"
    options = parsed(
        "--alert-after", "7", file=file, folder=tmp_path, MASKCHECK_ALERT_AFTER="6", MASKCHECK_ADMIT_AFTER="3"
    )
    assert (options.alert_after, options.admit_after, options.interval) == (7.0, 3.0, 4.5)
    assert options.flip is True


def test_the_wall_has_a_table_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MASKCHECK_TOKEN", "of-the-environment")
    wall = '[wall]\nsources = ["hall=0"]\nport = 8123\nalert-after = 5\ncameras = false'
    Path("maskclient.toml").write_text(f"[camera]\nheadless = true\n{wall}")
    given = ["wall", "--alert-after", "6"]
    options = build_parser(given).parse_args(given)
    assert (options.sources, options.port, options.alert_after) == (["hall=0"], 8123, 6.0)
    assert (options.token, options.cameras) == ("of-the-environment", False)


def test_a_flag_that_the_file_sets_can_be_taken_back(tmp_path: Path) -> None:
    file = "[camera]\nheadless = true"
    assert parsed(file=file, folder=tmp_path).headless is True
    assert parsed("--no-headless", file=file, folder=tmp_path).headless is False


def test_no_message_shows_what_may_be_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid) as raised:
        parsed(file='[camera]\nsources = "rtsp://u:hush@h/1"', folder=tmp_path)
    assert "hush" not in str(raised.value)


def test_sources_come_from_the_file_and_from_the_environment(tmp_path: Path) -> None:
    file = '[camera]\nsources = ["0", "rtsp://door"]\nsize = "640x480"'
    options = parsed(file=file, folder=tmp_path)
    assert options.sources == ["0", "rtsp://door"]
    assert options.size == (640, 480)
    assert parsed("1", file=file, folder=tmp_path).sources == ["1"]
    assert parsed(MASKCHECK_SOURCES="0 1").sources == ["0", "1"]
    assert parsed().sources == ["0"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("[camera", "cannot be read as TOML"),
        ("camera = 1", "must be a table"),
        ("[camera]\nintervall = 3", "is no option of this command"),
        ("[camera]\ninterval = -1", "must be a number greater than 0"),
        ('[camera]\ndetector = "eyes"', "invalid choice"),
        ('[camera]\nflip = "yes"', "must be true or false"),
        ("[camera]\ninterval = [1, 2]", "must be one value"),
        ("[camera]\nsources = 0", "must be a list"),
        ("[camera]\nhelp = true", "is no option of this command"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(tmp_path: Path, file: str, said: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=said) as raised:
        parsed(file=file, folder=tmp_path)
    assert "maskclient.toml" in str(raised.value)


@pytest.mark.parametrize(("text", "flip"), [("1", True), ("no", False), ("TRUE", True), ("", False)])
def test_flags_in_the_environment(text: str, flip: bool) -> None:  # noqa: FBT001
    assert parsed(MASKCHECK_FLIP=text).flip is flip


@pytest.mark.parametrize(("name", "value"), [("FLIP", "perhaps"), ("INTERVAL", "soon"), ("SIZE", "big")])
def test_a_variable_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=f"MASKCHECK_{name}"):
        parsed(file=None, folder=None, **{f"MASKCHECK_{name}": value})


def test_the_file_is_the_one_that_is_named_or_the_usual_one(tmp_path: Path) -> None:
    assert settings_file(None, tmp_path) is None
    usual = tmp_path / "maskclient.toml"
    usual.touch()
    assert settings_file(None, tmp_path) == usual
    other = tmp_path / "other.toml"
    other.touch()
    assert settings_file(other, tmp_path) == other
    with pytest.raises(ConfigurationInvalid, match="no such settings file"):
        settings_file(tmp_path / "missing.toml", tmp_path)
