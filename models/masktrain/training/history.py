"""What every epoch came to, as one row of a table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from maskservice.modelcard import LABELS, Label

FACE_LABELS: tuple[Label, ...] = ("with_mask", "incorrect_mask", "without_mask")


@dataclass(frozen=True)
class LabelFigures:
    """Precision, recall and F1 of one label, 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ValidationFigures:
    """How the averaged network does on the validation crops.

    Attributes
    ----------
    accuracy : float
        Share of crops whose most probable label is the true one.
    macro_f1 : float
        Mean F1 of the face labels that occur among the crops.
    labels : dict of str to LabelFigures
        Of every label.
    """

    accuracy: float
    macro_f1: float
    labels: dict[str, LabelFigures]


@dataclass(frozen=True)
class EpochRecord:
    """One pass over the training crops.

    Attributes
    ----------
    epoch : int
        Counted from 1 over all stages.
    stage : str
        What was learning.
    loss : float
        Mean over the pass.
    rate : float
        Learning rate at its end.
    seconds : float
        The pass and its validation took.
    figures : ValidationFigures
        After it.
    energy_kwh : float or None
        Used meanwhile, where it was metered.
    """

    epoch: int
    stage: str
    loss: float
    rate: float
    seconds: float
    figures: ValidationFigures
    energy_kwh: float | None = None

    def as_row(self) -> dict[str, float | int | str]:
        """Return the record as one flat row, without figures that were not taken."""
        row: dict[str, float | int | str] = {
            "epoch": self.epoch,
            "stage": self.stage,
            "loss": self.loss,
            "rate": self.rate,
            "seconds": round(self.seconds, 1),
            "val_accuracy": self.figures.accuracy,
            "val_macro_f1": self.figures.macro_f1,
        }
        for label, scores in self.figures.labels.items():
            row |= {f"val_{label}_{name}": value for name, value in vars(scores).items()}
        if self.energy_kwh is not None:
            row["energy_kwh"] = self.energy_kwh
        return row

    def __str__(self) -> str:
        badly = self.figures.labels["incorrect_mask"]
        return (
            f"{self.stage}, epoch {self.epoch}: loss {self.loss:.4f}, val macro-F1 of faces "
            f"{self.figures.macro_f1:.4f}, incorrect_mask precision {badly.precision:.3f} "
            f"recall {badly.recall:.3f}, {self.seconds:.0f} s"
        )

    @classmethod
    def from_row(cls, row: dict[str, float | int | str]) -> "EpochRecord":
        """Take back what `as_row` returned."""
        labels: dict[str, LabelFigures] = {
            label: LabelFigures(
                *(float(row[f"val_{label}_{name}"]) for name in ("precision", "recall", "f1"))
            )
            for label in LABELS
        }
        return cls(
            epoch=int(row["epoch"]),
            stage=str(row["stage"]),
            loss=float(row["loss"]),
            rate=float(row["rate"]),
            seconds=float(row["seconds"]),
            figures=ValidationFigures(float(row["val_accuracy"]), float(row["val_macro_f1"]), labels),
            energy_kwh=float(row["energy_kwh"]) if "energy_kwh" in row else None,
        )


def validation_figures(truth: npt.NDArray[np.int64], choice: npt.NDArray[np.int64]) -> ValidationFigures:
    """Compare true label indices with a network's, both of shape (n,)."""
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, choice, labels=range(len(LABELS)), zero_division=0.0
    )
    labels: dict[str, LabelFigures] = {
        label: LabelFigures(float(precision[i]), float(recall[i]), float(f1[i]))
        for i, label in enumerate(LABELS)
    }
    occurring = [labels[label].f1 for label in FACE_LABELS if count[LABELS.index(label)]]
    macro_f1 = float(np.mean(occurring)) if occurring else 0.0
    return ValidationFigures(float(accuracy_score(truth, choice)), macro_f1, labels)


def write_history(path: Path, records: Sequence[EpochRecord]) -> None:
    """Write all records so far as CSV, in one step."""
    rows = [record.as_row() for record in records]
    columns = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text.getvalue())
    temporary.replace(path)
