import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from masktrain.training.history import EpochRecord, validation_figures, write_history

# Two bare faces are called badly worn, and one badly worn mask is called well worn.
TRUTH = np.array([0] * 10 + [1] * 5 + [2] * 10 + [3] * 5)
CHOICE = np.array([0] * 10 + [1] * 4 + [0] + [2] * 8 + [1] * 2 + [3] * 5)
RECORD = EpochRecord(
    epoch=3,
    stage="whole network",
    loss=0.5,
    rate=1e-3,
    seconds=12.34,
    figures=validation_figures(TRUTH, CHOICE),
)


def test_figures_of_a_hand_counted_case() -> None:
    figures = RECORD.figures
    assert figures.accuracy == pytest.approx(27 / 30)
    badly = figures.labels["incorrect_mask"]
    assert badly.precision == pytest.approx(4 / 6)
    assert badly.recall == pytest.approx(4 / 5)
    faces = [figures.labels[label].f1 for label in ("with_mask", "incorrect_mask", "without_mask")]
    assert figures.macro_f1 == pytest.approx(np.mean(faces))
    assert figures.labels["not_face"].f1 == 1.0


def test_labels_that_do_not_occur_are_left_out_of_the_mean() -> None:
    assert validation_figures(np.array([0, 0, 2]), np.array([0, 0, 2])).macro_f1 == 1.0
    assert validation_figures(np.array([3, 3]), np.array([3, 3])).macro_f1 == 0.0


def test_the_console_tells_the_weak_label() -> None:
    assert str(RECORD).startswith("whole network, epoch 3: loss 0.5000, val macro-F1 of faces 0.8")
    assert "incorrect_mask precision 0.667 recall 0.800" in str(RECORD)


@pytest.mark.parametrize("energy", [None, 0.25])
def test_a_row_can_be_taken_back(energy: float | None) -> None:
    record = replace(RECORD, energy_kwh=energy, seconds=12.3)
    assert EpochRecord.from_row(record.as_row()) == record


def test_history_is_a_table_with_all_that_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "run" / "history.csv"
    write_history(path, [RECORD, replace(RECORD, epoch=4, energy_kwh=0.5)])
    with path.open(newline="") as lines:
        first, second = csv.DictReader(lines)
    assert (first["epoch"], first["energy_kwh"]) == ("3", "")
    assert (second["epoch"], second["energy_kwh"]) == ("4", "0.5")
    assert float(first["val_incorrect_mask_recall"]) == 0.8
    assert [file.name for file in path.parent.iterdir()] == ["history.csv"]
