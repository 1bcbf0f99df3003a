import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from maskservice.modelcard import LABELS, Label
from masktrain.dataset.audit import AUDIT, COLUMNS, audit
from masktrain.dataset.foldtraining import fold_settings, fold_trainer
from masktrain.dataset.samples import Sample, read_samples
from masktrain.errors import DatasetError

Probabilities = npt.NDArray[np.float64]


class Oracle:
    """Knows the true label of every sample but its last digit of doubt; remembers what it was asked."""

    def __init__(self, truth: Mapping[tuple[Path, float], Label], fail_at: int | None = None) -> None:
        self.truth = truth
        self.fail_at = fail_at
        self.folds: list[tuple[list[Sample], list[Sample]]] = []

    def __call__(self, train: list[Sample], held: list[Sample], folder: Path) -> Probabilities:
        assert folder.name.startswith("fold-")
        if len(self.folds) == self.fail_at:
            raise KeyboardInterrupt
        self.folds.append((train, held))
        result = np.full((len(held), len(LABELS)), 0.02)
        for number, sample in enumerate(held):
            result[number, LABELS.index(self.truth[key(sample)])] = 0.94
        return result


def key(sample: Sample) -> tuple[Path, float]:
    return (sample.path, sample.box[0])


@pytest.fixture
def samples(data: Path) -> list[Sample]:
    """The training samples; the two of each picture are one group."""
    return [replace(s, group=s.path.name) for s in read_samples(data, ("train",))]


def test_a_wrong_label_is_written_down_and_drawn(data: Path, samples: list[Sample], tmp_path: Path) -> None:
    oracle = Oracle({key(s): s.label for s in samples})
    wrong = replace(samples[0], label="with_mask")
    assert samples[0].label == "without_mask"
    errors = audit(data, [wrong, *samples[1:]], oracle, tmp_path)
    assert [(error.row, LABELS[error.suggested]) for error in errors] == [(0, "without_mask")]
    with (tmp_path / AUDIT).open(newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert tuple(row) == COLUMNS
    assert list(row.values()) == [
        f"faces/{wrong.path.name}", "with_mask", "without_mask", "0.0200", "0.9400", wrong.source, "yes"
    ]  # fmt: skip
    assert (tmp_path / "audit-01.jpg").is_file()


def test_clean_labels_leave_an_empty_table(data: Path, samples: list[Sample], tmp_path: Path) -> None:
    assert audit(data, samples, Oracle({key(s): s.label for s in samples}), tmp_path) == []
    assert (tmp_path / AUDIT).read_text().splitlines() == [",".join(COLUMNS)]
    assert not list(tmp_path.glob("*.jpg"))


def test_no_model_sees_what_it_predicts(data: Path, samples: list[Sample], tmp_path: Path) -> None:
    oracle = Oracle({key(s): s.label for s in samples})
    audit(data, samples, oracle, tmp_path, folds=2)
    assert len(oracle.folds) == 2
    for train, held in oracle.folds:
        assert not {s.group for s in train} & {s.group for s in held}
        assert len(train) + len(held) == len(samples)
    assert {key(s) for _, held in oracle.folds for s in held} == {key(s) for s in samples}


def test_an_interrupted_audit_goes_on_after_its_last_fold(
    data: Path, samples: list[Sample], tmp_path: Path
) -> None:
    truth = {key(s): s.label for s in samples}
    with pytest.raises(KeyboardInterrupt):
        audit(data, samples, Oracle(truth, fail_at=1), tmp_path, recipe="a")
    again = Oracle(truth)
    audit(data, samples, again, tmp_path, recipe="a")
    assert len(again.folds) == 2
    other = Oracle(truth)
    audit(data, samples, other, tmp_path, recipe="b")
    assert len(other.folds) == 3


def test_a_changed_label_is_trained_again(data: Path, samples: list[Sample], tmp_path: Path) -> None:
    truth = {key(s): s.label for s in samples}
    audit(data, samples, Oracle(truth), tmp_path)
    again = Oracle(truth)
    audit(data, [replace(samples[0], label="not_face"), *samples[1:]], again, tmp_path)
    assert again.folds


@pytest.mark.parametrize(
    ("folds", "error", "message"),
    [(1, ValueError, "at least 2"), (7, DatasetError, "6 groups .* too few for 7 folds")],
)
def test_a_senseless_number_of_folds_is_refused(
    data: Path, samples: list[Sample], tmp_path: Path, folds: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        audit(data, samples, Oracle({}), tmp_path, folds=folds)


def test_predictions_of_another_number_are_refused(data: Path, samples: list[Sample], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Fold 1 predicted"):
        audit(data, samples, lambda *_: np.zeros((1, 4)), tmp_path)


def test_a_fold_is_trained_for_real(samples: list[Sample], imagenet: Path, tmp_path: Path) -> None:
    settings = replace(fold_settings(epochs=0, size=32, workers=0), batch_size=4, device="cpu")
    assert (settings.input_size, settings.epochs) == ((32, 32), 0)
    predicted = fold_trainer(settings, imagenet)(samples[:8], samples[8:], tmp_path / "fold")
    assert predicted.shape == (len(samples) - 8, len(LABELS))
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)
    assert list((tmp_path / "fold").iterdir())
