import json
import shutil
from pathlib import Path

import pytest

from masktrain.cli import main


@pytest.fixture
def weights(imagenet: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    shutil.copy(imagenet, folder)
    return folder


def test_rates_are_tried_and_one_is_suggested(
    data: Path, imagenet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = ["--data", str(data), "--weights", str(imagenet.parent), "--size", "32", "--batch", "4"]
    options = ["--workers", "0", "--steps", "12", "--stage", "head", "--out", str(tmp_path / "rates.svg")]
    assert main(["find-rate", *start, *options]) == 0
    assert "Suggested: --head-rate " in capsys.readouterr().out
    assert (tmp_path / "rates.svg").is_file()
    assert (tmp_path / "rates.csv").read_text().startswith("rate,loss,smoothed_loss\n")


def test_the_table_grows_row_by_row(
    data: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "rows", tmp_path / "RESULTS.md"
    command = ["train-table", "--data", str(data), "--weights", str(weights), "--size", "32", "--epochs", "1"]
    command += ["--workers", "0", "--no-energy", "--from-scratch", "--folder", str(folder), "--out", str(out)]
    assert main([*command, "--rows", "0"]) == 0
    assert out.read_text().count("not made yet") == 4
    assert main([*command, "--mode", "extractor"]) == 0
    text = out.read_text()
    assert text.count("not made yet") == 3
    (row,) = [line for line in text.splitlines() if "feature extractor | ImageNet | 0." in line]
    assert f"--data {data.name} --weights weights --size 32 --epochs 1" in row
    assert "--architecture mobilenet_v2 --mode extractor`" in row
    assert str(tmp_path) not in text
    assert [file.name for file in folder.glob("*.json")] == ["mobilenet_v2-extractor.json"]
    made = json.loads((folder / "mobilenet_v2-extractor.json").read_text())
    assert 0.0 <= made["macro_f1"] <= 1.0
    assert made["megabytes"] == pytest.approx(8.9, abs=0.2)
    assert not list(folder.rglob("checkpoint.pt"))
    capsys.readouterr()
    before = (folder / "mobilenet_v2-extractor.json").stat().st_mtime_ns
    assert main([*command, "--mode", "extractor"]) == 0  # nothing is left to be done
    assert "epoch" not in capsys.readouterr().err
    assert (folder / "mobilenet_v2-extractor.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--architecture", "vgg16"], "weights are at hand for mobilenet_v2"),
        (["--epochs", "0"], "at least 1 epoch"),
    ],
)
def test_rows_that_cannot_be_made_are_told(
    data: Path, weights: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train-table", "--data", str(data), "--weights", str(weights), "--size", "32"]
    assert main([*command, *options]) == 2
    assert told in capsys.readouterr().err


def test_options_become_settings(data: Path, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "--data", str(data), "--weights", str(weights)]
    for wrong, told in (
        (["--architecture", "alexnet"], "no architecture 'alexnet'"),
        (["--batch", "1"], "batch size is 1"),
        (["--size", "8"], "input size is 8"),
        (["--head-epochs", "-1"], "must not be negative"),
        (["--energy", "--country", "Atlantis"], "no country 'Atlantis'"),
    ):
        assert main([*command, *wrong]) == 2
        assert told in capsys.readouterr().err


def test_trackers_are_set_up_before_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("MLFLOW_ALLOW_FILE_STORE", "MLFLOW_DISABLE_TELEMETRY"):  # put back afterwards
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    start = ["train", "--data", str(data), "--negatives", str(data), "--weights", "none"]
    trackers = ["--energy", "--track", "mlflow", "--track-uri", str(tmp_path / "runs")]
    assert main([*start, *trackers, "--frozen-blocks", "1"]) == 2
    assert "--frozen-blocks 0" in capsys.readouterr().err
    assert (tmp_path / "runs").is_dir()
