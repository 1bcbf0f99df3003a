"""Finds likely label errors: trains on some folds of a data set and predicts the others."""

import csv
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console

from maskservice.modelcard import LABELS
from masktrain.dataset.contactsheet import Block, Tile, draw_page, face_picture, save_page
from masktrain.dataset.labelerrors import LabelError, label_errors
from masktrain.dataset.samples import Sample
from masktrain.dataset.split import assign, group_keys
from masktrain.errors import DatasetError

Probabilities = npt.NDArray[np.float64]
"""Shape (n, labels), 0 to 1, in the order of ``maskservice.modelcard.LABELS``."""

FitAndPredict = Callable[[list[Sample], list[Sample], Path], Probabilities]
"""Trains on the first samples, using a folder for what it keeps, and predicts the second ones."""

AUDIT = "audit.csv"
COLUMNS = ("path", "label", "suggested", "probability_given", "probability_suggested", "source", "confident")

_SEED = 7
_PER_PAGE = 60


def audit(
    data: Path,
    samples: Sequence[Sample],
    fit_and_predict: FitAndPredict,
    out: Path,
    folds: int = 3,
    recipe: str = "",
) -> list[LabelError]:
    """Write the likely label errors of some samples, worst first, as a table and contact sheets.

    Parameters
    ----------
    data : Path
        The data folder; paths in the table are relative to it.
    samples : sequence of Sample
        Whose labels to check. Samples of one group are held out together.
    fit_and_predict : callable
        Trains and predicts one fold.
    out : Path
        Folder for ``audit.csv`` with `COLUMNS`, for sheets ``audit-01.jpg`` and so on, and for
        what each fold predicted: a run that was interrupted goes on after its last fold.
    folds : int
        Parts that the samples are divided into, at least 2; as many models are trained.
    recipe : str
        Says how is trained: predictions of another recipe are not taken up.

    Returns
    -------
    list of LabelError
        As `masktrain.dataset.labelerrors.label_errors` ranks them; their rows are numbers of
        ``samples``.

    Raises
    ------
    DatasetError
        If there are fewer groups than folds.
    ValueError
        If there are fewer than two folds, or what was predicted does not fit the samples.
    """
    probabilities = out_of_fold(samples, fit_and_predict, out, folds, recipe)
    given = np.array([LABELS.index(sample.label) for sample in samples])
    errors = label_errors(given, probabilities)
    _write_table(data, samples, errors, out / AUDIT)
    _draw_errors(samples, errors, out)
    return errors


def out_of_fold(
    samples: Sequence[Sample], fit_and_predict: FitAndPredict, out: Path, folds: int, recipe: str
) -> Probabilities:
    """Predict each sample with a model that was trained without its fold.

    Parameters and errors are those of `audit`.
    """
    if folds < 2:
        raise ValueError(f"{folds} folds leave nothing to train on; use at least 2.")
    keys = group_keys([sample.group for sample in samples])
    if len(set(keys)) < folds:
        raise DatasetError(f"There are {len(set(keys))} groups of pictures: too few for {folds} folds.")
    fold_of = assign(keys, [(sample.label, sample.source) for sample in samples], [1] * folds, _SEED)
    probabilities = np.zeros((len(samples), len(LABELS)))
    console = Console(stderr=True)
    for fold in range(folds):
        held = [sample for sample, number in zip(samples, fold_of, strict=True) if number == fold]
        rest = [sample for sample, number in zip(samples, fold_of, strict=True) if number != fold]
        digest = sha256(repr((recipe, rest, held)).encode()).hexdigest()
        folder = out / f"fold-{fold + 1}"
        predicted = _take_up(folder / "predicted.npz", digest)
        if predicted is None:
            console.print(f"Fold {fold + 1} of {folds}: {len(rest)} to train on, {len(held)} to predict")
            predicted = np.asarray(fit_and_predict(rest, held, folder), dtype=np.float64)
            if predicted.shape != (len(held), len(LABELS)):
                raise ValueError(f"Fold {fold + 1} predicted {predicted.shape} for {len(held)} samples.")
            _keep(folder / "predicted.npz", digest, predicted)
        probabilities[fold_of == fold] = predicted
    return probabilities


def _take_up(file: Path, digest: str) -> Probabilities | None:
    """Return what a fold predicted earlier, if it was trained on the same and in the same way."""
    if not file.is_file():
        return None
    with np.load(file) as saved:
        return saved["probabilities"] if str(saved["digest"]) == digest else None


def _keep(file: Path, digest: str, probabilities: Probabilities) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name("predicted.tmp.npz")
    np.savez(temporary, digest=digest, probabilities=probabilities)
    temporary.replace(file)


def _write_table(data: Path, samples: Sequence[Sample], errors: list[LabelError], file: Path) -> None:
    temporary = file.with_suffix(".tmp")
    with temporary.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(COLUMNS)
        for error in errors:
            sample = samples[error.row]
            writer.writerow(
                [
                    sample.path.relative_to(data).as_posix(),
                    sample.label,
                    LABELS[error.suggested],
                    f"{error.probability_given:.4f}",
                    f"{error.probability_suggested:.4f}",
                    sample.source,
                    "yes" if error.confident else "no",
                ]
            )
    temporary.replace(file)


def _draw_errors(samples: Sequence[Sample], errors: list[LabelError], out: Path) -> None:
    confident = sum(error.confident for error in errors)
    for number, first in enumerate(range(0, len(errors), _PER_PAGE), start=1):
        tiles = []
        for error in errors[first : first + _PER_PAGE]:
            sample = samples[error.row]
            caption = (
                f"{sample.label} →",
                f"{LABELS[error.suggested]} {error.probability_suggested:.2f}",
                f"{sample.source}/{sample.path.name}",
            )
            tiles.append(Tile(face_picture(sample.load(), sample.box), caption))
        title = f"Labels {first + 1} to {first + len(tiles)} of {len(errors)} doubted, worst first"
        title += f"; the first {confident} are likely wrong"
        save_page(draw_page(title, [Block(tiles)]), out / f"audit-{number:02}.jpg")
