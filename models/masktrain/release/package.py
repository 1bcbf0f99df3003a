"""From a trained network to the ONNX file that ships: exported, calibrated, its card embedded."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnx
import torch
from rich.console import Console
from rich.progress import track
from torch import nn

from maskservice.modelcard import LABELS, ModelCard, QualityFloor, Thresholds
from maskservice.preprocessing import resize
from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample, read_samples
from masktrain.errors import ExportError
from masktrain.evaluation.calibrate import (
    Indices,
    Logits,
    fit_bias_temperature,
    fit_quality,
    fit_temperature,
    fit_thresholds,
    probabilities,
)
from masktrain.evaluation.figures import onnx_logits
from masktrain.framing import CROP_MARGIN
from masktrain.release.export import export_difference, export_onnx, write_model
from masktrain.release.quantize import Agreement, agreement, calibration_pixels, quantize
from masktrain.training.loading import fixed_loader
from masktrain.training.network import MEAN, STD

Precision = Literal["fp32", "int8"]

MODEL_NAME = "mask-classifier"
MIN_FACE_PX = 24
"""The smallest face in the training data."""

LARGEST_DIFFERENCE = 1e-4
"""How far the exported file's logits may lie from the network's."""

LEAST_AGREEMENT = 0.985
"""Share of the val crops to which int8 must give the label that fp32 gives."""

LARGEST_SHIFT = 0.02
"""How far int8 may move the probability of a label, on average over the val crops."""

_VERDICT_PRECISION = 0.99

Triple = tuple[float, float, float]


def package(
    network: nn.Module,
    version: str,
    input_size: tuple[int, int],
    data: Path,
    model: Path,
    *,
    mean: Triple = MEAN,
    std: Triple = STD,
    precision: Precision = "fp32",
) -> None:
    """Export a network, with prior, temperature, thresholds and quality floor fitted.

    Temperature and thresholds are fitted on the outputs of the very file that is written. Before,
    the last layer's bias takes back what class balance did to the network's prior: see
    `masktrain.evaluation.calibrate.fit_bias_temperature`.

    Parameters
    ----------
    network : nn.Module
        Trained; logits in the order of ``LABELS``. Its last layer's bias is changed, unless val
        lacks a label.
    version : str
        Of the model, by semantic versioning.
    input_size : tuple of int
        Height and width in pixels.
    data : Path
        Folder with ``faces.csv``.
    model : Path
        The ONNX file to write; an older one stays where this fails.
    mean, std : tuple of float
        Of the pixels, 0 to 1, per channel, RGB, as the network was trained; by default those of
        the MobileNetV2 weights in ``../shared``.
    precision : str
        ``fp32``, or ``int8``: see `masktrain.release.quantize`.

    Raises
    ------
    ExportError
        If the exported file does not compute what the network does, or int8 not nearly what
        fp32 does.
    """
    card = draft_card(version, input_size, mean, std)
    train, val = read_samples(data, ("train",)), read_samples(data, ("val",))
    with TemporaryDirectory(prefix="package.") as folder:
        file = Path(folder) / "fp32.onnx"
        export_onnx(network, card, file)
        _check_export(network, file, card, val)
        labels, logits = onnx_logits(file, card, val)
        if len(np.unique(labels)) == len(LABELS):
            _restore_prior(network, logits, labels)
            export_onnx(network, card, file)
            labels, logits = onnx_logits(file, card, val)
        if precision == "int8":
            temperature = fit_temperature(logits, labels)
            file, logits = _to_int8(file, card, train, val, probabilities(logits, temperature))
        temperature = fit_temperature(logits, labels)
        thresholds = fit_thresholds(probabilities(logits, temperature), labels, _VERDICT_PRECISION)
        fitted = {
            "temperature": round(temperature, 4),
            "thresholds": thresholds,
            "quality": _measure_quality(train, card),
        }
        write_model(onnx.load(file), card.model_copy(update=fitted), model)


def draft_card(version: str, input_size: tuple[int, int], mean: Triple, std: Triple) -> ModelCard:
    """Return the card of a model of which nothing has been measured: see `package`."""
    return ModelCard(
        name=MODEL_NAME,
        version=version,
        labels=LABELS,
        input_size=input_size,
        mean=mean,
        std=std,
        crop_margin=CROP_MARGIN,
        temperature=1.0,
        thresholds=Thresholds(compliant=0.5, violation=0.5),
        min_face_px=MIN_FACE_PX,
        quality=QualityFloor(min_brightness=0.0, min_sharpness=0.0),
        metrics={},
    )


def _check_agreement(found: Agreement) -> None:
    if found.same_label < LEAST_AGREEMENT or found.probability_shift > LARGEST_SHIFT:
        raise ExportError(
            f"As int8 the model gives {found.same_label:.1%} of the val crops the label it gives as fp32, "
            f"and moves a label's probability by {found.probability_shift:.3f} on average; at least "
            f"{LEAST_AGREEMENT:.1%} and at most {LARGEST_SHIFT} are asked for. Export it as fp32."
        )


def _restore_prior(network: nn.Module, logits: Logits, labels: Indices) -> None:
    """Move the last layer's bias so that labels are as frequent in its answers as on val."""
    temperature, bias = fit_bias_temperature(logits, labels)
    last = [layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        last.bias.add_(torch.from_numpy(temperature * bias).to(last.bias))


def _check_export(network: nn.Module, file: Path, card: ModelCard, val: Sequence[Sample]) -> None:
    pixels, _ = next(iter(fixed_loader(val, card, workers=0)))
    difference = export_difference(network, file, pixels)
    if difference > LARGEST_DIFFERENCE:
        raise ExportError(f"The exported logits differ by up to {difference:.2g} from the network's.")


def _to_int8(
    file: Path,
    card: ModelCard,
    train: Sequence[Sample],
    val: Sequence[Sample],
    reference: npt.NDArray[np.float64],
) -> tuple[Path, Logits]:
    """Quantise an exported model beside it; return the new file and its logits on val."""
    quantized = file.with_name("int8.onnx")
    quantize(file, quantized, card, calibration_pixels(train, card))
    labels, logits = onnx_logits(quantized, card, val)
    _check_agreement(agreement(reference, probabilities(logits, fit_temperature(logits, labels))))
    return quantized, logits


def _measure_quality(train: Sequence[Sample], card: ModelCard) -> QualityFloor:
    """Measure the faces of train as training degrades them; what is no face says nothing of faces."""
    faces = [sample for sample in train if sample.label != "not_face"]
    recipe = Augmentation()
    crops = (
        recipe.apply(face.load(), face, np.random.default_rng(seed))[0]
        for seed, face in enumerate(track(faces, "Quality", console=Console(stderr=True)))
    )
    return fit_quality(resize(crop, card) for crop in crops)
