from dataclasses import replace
from pathlib import Path

import pytest

from masktrain.training.architectures import ARCHITECTURES
from masktrain.training.entries import Entry, Row, plan
from masktrain.training.settings import TrainingSettings

ROW = Row(
    architecture="resnet18",
    mode="finetune",
    weights="ImageNet",
    size=96,
    epochs=4,
    seed=7,
    crops=100,
    accuracy=0.9,
    macro_f1=0.8,
    precision=0.85,
    recall=0.75,
    megabytes=44.7,
    seconds=600.0,
    energy_kwh=0.01,
    command="python -m masktrain train-table --architecture resnet18",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Weights of two architectures; what is in the files does not matter yet."""
    (tmp_path / "tf2_mobilenet_v2_1.0_224_dequant_fp32.npz").touch()
    (tmp_path / "resnet18-f37072fd.pth").touch()
    return tmp_path


def test_what_has_weights_is_trained_in_both_modes(folder: Path) -> None:
    entries, missing = plan(folder, download=False, from_scratch=False)
    assert [entry.key for entry in entries] == [
        "mobilenet_v2-extractor",
        "mobilenet_v2-finetune",
        "resnet18-extractor",
        "resnet18-finetune",
    ]
    assert {kind.name for kind in missing} == set(ARCHITECTURES) - {"mobilenet_v2", "resnet18"}


def test_the_rest_can_be_downloaded(folder: Path) -> None:
    entries, missing = plan(folder, download=True, from_scratch=False)
    assert len(entries) == 2 * len(ARCHITECTURES)
    assert not missing
    sources = {entry.architecture: entry.weights for entry in entries}
    assert (sources["resnet18"], sources["vgg16"]) == (str(folder), "imagenet")


def test_small_ones_can_start_from_nothing(folder: Path) -> None:
    entries, missing = plan(folder, download=False, from_scratch=True)
    scratch = [entry for entry in entries if entry.from_scratch]
    assert scratch == [Entry("mobilenet_v3_small", "finetune", "none")]  # the other has weights
    assert scratch[0].key == "mobilenet_v3_small-finetune-from-scratch"
    assert "mobilenet_v3_small" in {kind.name for kind in missing}


def test_a_row_of_other_settings_does_not_fit() -> None:
    settings = TrainingSettings(input_size=(96, 96), epochs=4)
    assert ROW.fits(settings, 100)
    assert not ROW.fits(replace(settings, epochs=5), 100)
    assert not ROW.fits(replace(settings, input_size=(112, 112)), 100)
    assert not ROW.fits(settings, 99)
