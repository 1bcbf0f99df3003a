from pathlib import Path

import pytest

from masktrain.cli import main


def test_missing_data_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["train", "--data", str(tmp_path), "--weights", str(tmp_path)])
    assert code == 2
    told = capsys.readouterr().err
    assert told.startswith("masktrain: There is no ")
    assert "Traceback" not in told


def test_pictures_land_where_asked(tmp_path: Path) -> None:
    assert main(["pictures", "--out", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "group.jpg").is_file()


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    for command in ("landmarks", "train", "evaluate", "pictures"):
        assert command in told
