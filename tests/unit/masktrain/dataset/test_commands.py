from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from masktrain.cli import main
from masktrain.dataset.table import read_table, write_table


@pytest.fixture
def undivided(data: Path, tmp_path: Path) -> Path:
    """The project's own pictures, each there once and without a split."""
    write_table(tmp_path / "mine", [row for row in read_table(data) if row.split == "train"])
    folder = tmp_path / "mine"
    (folder / "faces").symlink_to(data / "faces")
    return folder


def test_a_data_set_is_cleaned_and_divided(
    undivided: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(undivided)]
    rows = read_table(undivided)
    assert main(["dedupe", *data, "--sheet", str(tmp_path / "copies.jpg")]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{len(rows)} rows in ")
    assert "near-duplicates" in told
    assert main(["split", *data]) == 2
    assert "--again" in capsys.readouterr().err
    assert (
        main(["split", *data, "--again", "--test-source", "source-h", "--shares", "1,1,0", "--seed", "3"])
        == 0
    )
    assert "with_mask" in capsys.readouterr().out
    divided = Counter((row.source, row.split == "test") for row in read_table(undivided))
    assert divided[("source-h", False)] == 0
    assert divided[("source-h", True)] > 0


def test_sheets_are_drawn(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sheet", "--data", str(data), "--out", str(tmp_path / "out"), "--label", "with_mask"]
    assert main([*command, "--split", "train", "--per-page", "4", "--whole"]) == 0
    pages = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert pages == sorted((tmp_path / "out").iterdir())
    with Image.open(pages[0]) as page:
        assert page.format == "JPEG"


@pytest.mark.parametrize("shares", ["a,b,c", "1,1", "-1,1,1"])
def test_wrong_shares_are_told(shares: str, undivided: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["split", "--data", str(undivided), "--again", f"--shares={shares}"]
    try:
        code = main(command)
    except SystemExit as stopped:  # argparse ends the program itself
        code = int(str(stopped.code))
    assert code == 2
    assert "share" in capsys.readouterr().err.lower()


def test_likely_label_errors_are_listed(
    data: Path, imagenet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "audit",
        "--data",
        str(data),
        "--weights",
        str(imagenet.parent),
        "--out",
        str(tmp_path / "audit"),
    ]
    assert main([*command, "--folds", "2", "--epochs", "0", "--size", "32"]) == 0
    assert " of 12 labels are likely wrong, " in capsys.readouterr().out
    assert (tmp_path / "audit" / "audit.csv").is_file()
