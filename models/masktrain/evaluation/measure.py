"""Measures an exported model on labelled pictures and writes down what came out."""

from collections.abc import Mapping
from math import isnan
from pathlib import Path

from maskservice.modelcard import ModelCard
from masktrain.dataset.samples import Split
from masktrain.evaluation.mistakes import worst_mistakes
from masktrain.evaluation.modelfile import describe_model
from masktrain.evaluation.page import write_page
from masktrain.evaluation.report import write_report
from masktrain.evaluation.splits import Plan, SplitFigures, measure_split, run_split
from masktrain.release.export import embed_card, read_card

MEASURED: tuple[Split, ...] = ("val", "test")


def measure(
    data: Path,
    model: Path,
    report: Path,
    notes: Path | None = None,
    *,
    report_dir: Path | None = None,
    plan: Plan | None = None,
) -> None:
    """Measure an exported model on val and test; write the figures into its card and reports.

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
    report_dir : Path, optional
        Where to write the HTML report, its plots and ``figures.json``; none is written without.
    plan : Plan, optional
        How much is measured; all but the client by default.
    """
    card = read_card(model)
    plan = plan or Plan()
    outputs = {split: run_split(data, split, model, card) for split in MEASURED}
    splits = {split: measure_split(data, split, outputs[split], model, card, plan) for split in MEASURED}
    card = card.model_copy(update={"metrics": headline(splits)})
    embed_card(model, card)
    write_report(report, model, card, splits, notes)
    if report_dir is not None:
        mistakes = {split: worst_mistakes(data, outputs[split], card) for split in MEASURED}
        write_page(report_dir, describe_model(model), card, splits, mistakes)
    _tell(card)


def headline(splits: Mapping[Split, SplitFigures]) -> dict[str, float]:
    """Return the figures that travel in the card.

    ``val_macro_f1`` is over the three face labels; see `masktrain.evaluation.figures.Evaluation`.
    A figure that could not be taken is left out: JSON has no NaN, and a card with one cannot be read.
    """
    val, test = splits["val"].whole, splits["test"].whole
    figures = {
        "val_macro_f1": val.macro_f1,
        "val_accuracy": val.accuracy,
        "val_calibration_error": val.calibration_error,
        "test_strict_accuracy": test.strict_accuracy,
        "test_two_class_accuracy": test.two_class_accuracy,
        "test_accuracy": test.accuracy,
        "test_calibration_error": test.calibration_error,
    }
    incorrect = val.score("incorrect_mask")
    if incorrect is not None:
        figures["val_incorrect_recall"] = incorrect.recall
        figures["val_incorrect_precision"] = incorrect.precision
    return {name: round(value, 4) for name, value in figures.items() if not isnan(value)}


def _tell(card: ModelCard) -> None:
    for metric, value in card.metrics.items():
        print(f"{metric:<28} {value:.4f}")
