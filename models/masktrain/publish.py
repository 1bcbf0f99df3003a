"""From a trained network to the files that ship: calibrated, exported, measured, described."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track
from torch import nn

from maskservice.modelcard import LABELS, ModelCard, QualityFloor, Thresholds
from maskservice.preprocessing import resize
from masktrain.augment import Augmentation
from masktrain.calibrate import fit_quality, fit_temperature, fit_thresholds, probabilities
from masktrain.datasets import Sample, Split, read_samples
from masktrain.errors import ExportError
from masktrain.evaluation import Evaluation, SplitFigures, evaluate, onnx_logits
from masktrain.export import embed_card, export_difference, export_onnx, read_card
from masktrain.framing import CROP_MARGIN
from masktrain.loading import fixed_loader
from masktrain.network import MEAN, STD
from masktrain.report import write_report

MODEL_NAME = "mask-classifier"
MIN_FACE_PX = 24
"""The smallest face in the training data."""

LARGEST_DIFFERENCE = 1e-4
"""How far the exported file's logits may lie from the network's."""

_VERDICT_PRECISION = 0.99
_MEASURED: tuple[Split, ...] = ("val", "test")


def publish(network: nn.Module, version: str, input_size: tuple[int, int], data: Path, model: Path) -> None:
    """Export a network, with temperature, thresholds and quality floor fitted; `measure` it then.

    Parameters
    ----------
    network : nn.Module
        Trained; logits in the order of ``LABELS``.
    version : str
        Of the model, by semantic versioning.
    input_size : tuple of int
        Height and width in pixels.
    data : Path
        Folder with ``faces.csv``.
    model : Path
        The ONNX file to write.

    Raises
    ------
    ExportError
        If the exported file does not compute what the network does.
    """
    draft = ModelCard(
        name=MODEL_NAME,
        version=version,
        labels=LABELS,
        input_size=input_size,
        mean=MEAN,
        std=STD,
        crop_margin=CROP_MARGIN,
        temperature=1.0,
        thresholds=Thresholds(compliant=0.5, violation=0.5),
        min_face_px=MIN_FACE_PX,
        quality=QualityFloor(min_brightness=0.0, min_sharpness=0.0),
        metrics={},
    )
    export_onnx(network, draft, model)
    val = read_samples(data, ("val",))
    pixels, _ = next(iter(fixed_loader(val, draft, workers=0)))
    difference = export_difference(network, model, pixels)
    if difference > LARGEST_DIFFERENCE:
        raise ExportError(f"The exported logits differ by up to {difference:.2g} from the network's.")
    labels, logits = onnx_logits(model, draft, val)
    temperature = fit_temperature(logits, labels)
    thresholds = fit_thresholds(probabilities(logits, temperature), labels, _VERDICT_PRECISION)
    embed_card(
        model,
        draft.model_copy(
            update={
                "temperature": round(temperature, 4),
                "thresholds": thresholds,
                "quality": _measure_quality(data, draft),
            }
        ),
    )


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
        See `masktrain.report.write_report`.
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


def _measure_quality(data: Path, card: ModelCard) -> QualityFloor:
    """Measure the faces of train as training degrades them; what is no face says nothing of faces."""
    faces = [sample for sample in read_samples(data, ("train",)) if sample.label != "not_face"]
    recipe = Augmentation()
    crops = (
        recipe.apply(face.load(), face, np.random.default_rng(seed))[0]
        for seed, face in enumerate(track(faces, "Quality"))
    )
    return fit_quality(resize(crop, card) for crop in crops)
