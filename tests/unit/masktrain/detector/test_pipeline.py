"""Train, export and measure on the small data folder, through the commands as a person would."""

import json
from pathlib import Path

import onnx
import pytest
import torch

from masktrain.cli import main
from masktrain.detector.card import DetectorCard
from masktrain.detector.training import read_detector
from masktrain.errors import TrainingError

TINY = ("--passes", "1", "--steps", "2", "--batch-size", "2", "--workers", "0")


@pytest.fixture(scope="module")
def checkpoint(scenes: Path, imagenet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("training") / "checkpoint.pt"
    options = ("--data", str(scenes), "--weights", str(imagenet), "--checkpoint", str(path))
    assert main(["train-detector", *options, *TINY]) == 0
    return path


def test_training_goes_on_where_it_stopped_and_starts_anew_for_other_settings(
    checkpoint: Path, scenes: Path, imagenet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--data", str(scenes), "--weights", str(imagenet), "--checkpoint", str(checkpoint))
    before = checkpoint.read_bytes()
    assert main(["train-detector", *options, *TINY]) == 0
    assert "Going on after pass 1" in capsys.readouterr().err
    assert checkpoint.read_bytes() == before
    assert main(["train-detector", *options, *TINY, "--seed", "1"]) == 0
    assert checkpoint.with_name("checkpoint.pt.old").read_bytes() == before


def test_a_training_can_start_from_an_earlier_one(
    checkpoint: Path, scenes: Path, imagenet: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.pt"
    options = ("--data", str(scenes), "--weights", str(imagenet), "--checkpoint", str(other))
    assert main(["train-detector", *options, *TINY, "--initial", str(checkpoint)]) == 0
    one, two = (read_detector(path).state_dict()["trunk.0.0.weight"] for path in (checkpoint, other))
    assert torch.equal(one, two)  # the first blocks never learn


def test_a_file_of_another_training_is_refused(tmp_path: Path) -> None:
    torch.save({"average": {}}, tmp_path / "classifier.pt")
    with pytest.raises(TrainingError, match="no checkpoint of the detector"):
        read_detector(tmp_path / "classifier.pt")


def test_the_file_is_exported_tuned_and_measured(checkpoint: Path, scenes: Path, tmp_path: Path) -> None:
    file, report, figures = (tmp_path / name for name in ("face_detector.onnx", "CARD.md", "bench.json"))
    options = ("--data", str(scenes), "--detector", str(file))
    assert main(["export-detector", *options, "--checkpoint", str(checkpoint), "--longest-side", "128"]) == 0
    card = DetectorCard.from_metadata({e.key: e.value for e in onnx.load(file).metadata_props})
    assert card.longest_side == 128
    assert 1.0 <= card.framing[0] <= 1.3
    assert (
        main(
            ["evaluate-detector", *options, "--report", str(report), "--json", str(figures), "--rounds", "1"]
        )
        == 0
    )
    names = {figure["name"]: figure for figure in json.loads(figures.read_text())}
    assert names["file"]["met"] is True
    assert names["test recall, masked"]["target"] == 0.93
    text = report.read_text()
    assert "| haar |" in text
    assert "false finds per scene" in text
    assert "yunet" not in text.split("## Time")[1]


def test_without_a_detector_the_evaluation_says_how_to_make_one(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ("--detector", str(tmp_path / "none.onnx"))
    assert main(["evaluate-detector", "--data", str(scenes), *missing]) == 2
    assert "export-detector" in capsys.readouterr().err
