"""Measures an exported model on labelled pictures and writes down what came out."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from maskservice.modelcard import ModelCard
from masktrain.dataset.samples import Sample, Split, read_samples
from masktrain.evaluation.figures import Evaluation, SplitFigures, evaluate, onnx_logits
from masktrain.evaluation.report import write_report
from masktrain.release.export import embed_card, read_card

_MEASURED: tuple[Split, ...] = ("val", "test")


def measure(data: Path, model: Path, report: Path, notes: Path | None = None) -> None:
    """Measure an exported model on val and test; write the figures into its card and report.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv``.
    model : Path
        The ONNX file; its card is read, and gets the headline figures.
    report : Path
        The Markdown document to write.
    notes : Path, optional
        See `masktrain.evaluation.report.write_report`.
    """
    card = read_card(model)
    splits = {split: _measure_split(read_samples(data, (split,)), model, card) for split in _MEASURED}
    card = card.model_copy(update={"metrics": _headline(splits)})
    embed_card(model, card)
    write_report(report, model, card, splits, notes)
    for metric, value in card.metrics.items():
        print(f"{metric:<28} {value:.4f}")


def _measure_split(samples: list[Sample], model: Path, card: ModelCard) -> SplitFigures:
    labels, logits = onnx_logits(model, card, samples)
    sources = np.array([sample.source for sample in samples])

    def part(chosen: npt.NDArray[np.bool_]) -> Evaluation:
        return evaluate(labels[chosen], logits[chosen], card)

    by_source = {str(source): part(sources == source) for source in np.unique(sources)}
    return SplitFigures(part(np.ones(len(labels), dtype=bool)), by_source)


def _headline(splits: dict[Split, SplitFigures]) -> dict[str, float]:
    val, test = splits["val"].whole, splits["test"].whole
    figures = {
        "val_macro_f1": val.macro_f1,
        "val_accuracy": val.accuracy,
        "val_calibration_error": val.calibration_error,
        "test_two_class_accuracy": test.two_class_accuracy,
        "test_accuracy": test.accuracy,
        "test_calibration_error": test.calibration_error,
    }
    # A figure that could not be taken is left out: JSON has no NaN, and a card with one cannot be read.
    return {name: round(value, 4) for name, value in figures.items() if not np.isnan(value)}
