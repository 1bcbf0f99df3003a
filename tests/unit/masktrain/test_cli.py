import re
from pathlib import Path

import pytest

from masktrain.cli import main


def test_missing_data_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["train", "--data", str(tmp_path), "--weights", str(tmp_path)])
    assert code == 2
    told = capsys.readouterr().err
    assert told.startswith("masktrain: There is no ")
    assert "Traceback" not in told


def test_a_missing_split_is_met_before_training(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (data / "faces.csv").read_text().splitlines()
    (tmp_path / "faces.csv").write_text("\n".join(row for row in rows if ",test," not in row) + "\n")
    assert main(["train", "--data", str(tmp_path), "--weights", str(tmp_path)]) == 2
    assert "no row of split test" in capsys.readouterr().err


def test_training_leaves_a_model_that_can_be_evaluated(
    data: Path, imagenet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = ["--model", str(tmp_path / "m.onnx"), "--report", str(tmp_path / "CARD.md")]
    weights = ["--weights", str(imagenet.parent), "--checkpoint", str(tmp_path / "checkpoint.pt")]
    options = ["--epochs", "0", "--version", "0.3.0"]
    assert main(["train", "--data", str(data), *weights, *outputs, *options]) == 0
    trained = capsys.readouterr().out
    assert (tmp_path / "CARD.md").read_text().startswith("# mask-classifier 0.3.0\n")
    pages = ["--report-dir", str(tmp_path / "report")]
    assert main(["evaluate", "--data", str(data), *outputs, *pages]) == 0
    assert capsys.readouterr().out in trained


def test_pictures_land_where_asked(tmp_path: Path) -> None:
    assert main(["pictures", "--out", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "group.jpg").is_file()


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    making = ("import", "faces", "dedupe", "split", "sheet", "audit", "landmarks", "negatives")
    training = ("train", "find-rate", "train-table", "evaluate", "client-boxes", "export", "benchmark")
    publishing = ("publish", "promote", "rollback", "models")
    for command in (*making, *training, *publishing, "pictures"):
        assert re.search(rf"^    {command}\b", told, re.MULTILINE), command
