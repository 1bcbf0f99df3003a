"""From a trained network to the ONNX file that ships: exported, calibrated, its card embedded."""

from pathlib import Path

import numpy as np
from rich.progress import track
from torch import nn

from maskservice.modelcard import LABELS, ModelCard, QualityFloor, Thresholds
from maskservice.preprocessing import resize
from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import read_samples
from masktrain.errors import ExportError
from masktrain.evaluation.calibrate import fit_quality, fit_temperature, fit_thresholds, probabilities
from masktrain.evaluation.figures import onnx_logits
from masktrain.framing import CROP_MARGIN
from masktrain.release.export import embed_card, export_difference, export_onnx
from masktrain.training.loading import fixed_loader
from masktrain.training.network import MEAN, STD

MODEL_NAME = "mask-classifier"
MIN_FACE_PX = 24
"""The smallest face in the training data."""

LARGEST_DIFFERENCE = 1e-4
"""How far the exported file's logits may lie from the network's."""

_VERDICT_PRECISION = 0.99


def package(network: nn.Module, version: str, input_size: tuple[int, int], data: Path, model: Path) -> None:
    """Export a network, with temperature, thresholds and quality floor fitted.

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


def _measure_quality(data: Path, card: ModelCard) -> QualityFloor:
    """Measure the faces of train as training degrades them; what is no face says nothing of faces."""
    faces = [sample for sample in read_samples(data, ("train",)) if sample.label != "not_face"]
    recipe = Augmentation()
    crops = (
        recipe.apply(face.load(), face, np.random.default_rng(seed))[0]
        for seed, face in enumerate(track(faces, "Quality"))
    )
    return fit_quality(resize(crop, card) for crop in crops)
