import json
from pathlib import Path

import pytest

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import read_samples
from masktrain.release.export import read_card
from masktrain.training.comparison import Comparison
from masktrain.training.entries import Entry
from masktrain.training.settings import TrainingSettings

SETTINGS = TrainingSettings(input_size=(32, 32), epochs=1, batch_size=4, workers=0, device="cpu")
SCRATCH = Entry("mobilenet_v3_small", "finetune", "none")


class OneAnEpoch:
    """A meter that finds 0.5 kWh used at every reading."""

    def __init__(self) -> None:
        self._reading = 0.0

    def start(self) -> None:
        self._reading = 0.0

    def read(self) -> float | None:
        self._reading += 0.5
        return self._reading

    def stop(self) -> None:
        self._reading = 0.0


@pytest.fixture
def comparison(data: Path, tmp_path: Path) -> Comparison:
    train, val = (read_samples(data, (split,)) for split in ("train", "val"))
    return Comparison(tmp_path, train, val, SETTINGS, Augmentation(), OneAnEpoch)


def test_a_row_is_made_once_and_kept(comparison: Comparison, tmp_path: Path) -> None:
    assert comparison.row(SCRATCH) is None
    row = comparison.make_row(SCRATCH, "a command")
    assert comparison.row(SCRATCH) == row
    assert (row.weights, row.command, row.size, row.crops) == ("none", "a command", 32, 12)
    assert row.energy_kwh == 0.5  # one epoch: random features have no stage of the last layer alone
    assert row.megabytes == pytest.approx(6.1, abs=0.3)
    card = read_card(comparison.model(SCRATCH))
    assert (card.input_size, card.mean) == ((32, 32), (0.485, 0.456, 0.406))
    assert json.loads((tmp_path / f"{SCRATCH.key}.json").read_text())["accuracy"] == row.accuracy
    assert not (tmp_path / SCRATCH.key / "checkpoint.pt").exists()
    assert (tmp_path / SCRATCH.key / "history.csv").is_file()
    comparison.model(SCRATCH).unlink()
    assert comparison.row(SCRATCH) is None  # there is nothing left to be timed
