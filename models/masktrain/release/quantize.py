"""int8: weights and activations of an exported model as 8-bit integers, fitted on training crops.

Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", CVPR 2018; written as ONNX QuantizeLinear and DequantizeLinear pairs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import onnx
from onnx.helper import get_attribute_value
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from rich.console import Console
from rich.progress import track

from maskservice.modelcard import LABELS, ModelCard
from maskservice.preprocessing import InputSpec, to_tensor
from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.errors import ExportError
from masktrain.framing import CROP_MARGIN, cut_crop
from masktrain.release.export import INPUT_NAME, OUTPUT_NAME, write_model

CALIBRATION_CROPS = 256
"""Crops the ranges of the activations are taken from."""

_BATCH = 16

Pixels = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """How alike two models answer the same crops.

    Attributes
    ----------
    same_label : float
        Share of crops with the same most probable label, 0 to 1.
    probability_shift : float
        Mean absolute difference of a label's probability, 0 to 1; of the label where it is greatest.
    """

    same_label: float
    probability_shift: float


def calibration_pixels(
    samples: Sequence[Sample], spec: InputSpec, count: int = CALIBRATION_CROPS, seed: int = 0
) -> Pixels:
    """Make crops that show a network the range of what it will meet.

    Every label has the same share, as far as there are enough samples of it. Every other crop is
    cut as an evaluation cuts it, the rest are degraded as training degrades them, for a camera
    sends both.

    Parameters
    ----------
    samples : sequence of Sample
        Of the training split.
    spec : InputSpec
        Input size and normalisation.
    count : int
        How many crops at most.
    seed : int
        Decides which samples and how they are degraded.

    Returns
    -------
    ndarray of float32, shape (n, 3, height, width)
        Normalised RGB.
    """
    rng = np.random.default_rng(seed)
    chosen: list[Sample] = []
    for label in LABELS:
        same = [sample for sample in samples if sample.label == label]
        share = min(len(same), count // len(LABELS))
        chosen += [same[index] for index in rng.choice(len(same), share, replace=False)] if share else []
    recipe = Augmentation()
    crops = []
    for place, sample in enumerate(track(chosen, "Calibration crops", console=Console(stderr=True))):
        if place % 2:
            crop, _ = recipe.apply(sample.load(), sample, np.random.default_rng((seed, place)))
        else:
            crop = cut_crop(sample.load(), sample.box, CROP_MARGIN)
        crops.append(to_tensor(crop, spec))
    return np.stack(crops)


def quantize(source: Path, target: Path, card: ModelCard, pixels: Pixels) -> None:
    """Write an int8 copy of an exported model; input, output and card stay what they are.

    Weights are int8, symmetric, with a scale per output channel: with one scale per layer the
    depthwise convolutions of MobileNets lose everything. Activations are uint8: int8 ones are no
    more exact, and slower on x86.

    The weights use all 8 bits. On x86 CPUs without VNNI instructions ONNX Runtime then adds products
    in 16 bits, which overflow now and then; that moves the logits about as much as quantising them did.
    Weights of 7 bits (``reduce_range``) would move them more, on every CPU, and the session option
    ``session.x64quantprecision``, which avoids the overflow, halves the speed where there is VNNI.

    Parameters
    ----------
    source : Path
        Written by `masktrain.release.export.export_onnx`.
    target : Path
        The file to write; may be ``source``.
    card : ModelCard
        Embedded into the file's metadata.
    pixels : ndarray of float32, shape (n, 3, height, width)
        See `calibration_pixels`.

    Raises
    ------
    ExportError
        If there is nothing to calibrate on.
    """
    if not len(pixels):
        raise ExportError("There are no crops to fit int8 ranges on: the data folder has no row of train.")
    with TemporaryDirectory(prefix="quantize.") as folder:
        prepared, quantized = Path(folder) / "prepared.onnx", Path(folder) / "quantized.onnx"
        # Symbolic shape inference is for transformers; here only the batch size is free.
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            quantized,
            _Batches(pixels),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            nodes_to_exclude=float_nodes(onnx.load(prepared)),
            extra_options={"WeightSymmetric": True, "ActivationSymmetric": False},
        )
        write_model(onnx.load(quantized), card, target)


def float_nodes(model: onnx.ModelProto) -> list[str]:
    """Return the nodes that stay in float, because int8 costs them more than it gains.

    These are the first convolution, which with three input channels is slower in int8; where a
    depthwise convolution follows it, that one, whose channels differ most in range, and the
    projection after it; and the layer that makes the logits, which int8 would round to 256 levels.

    Parameters
    ----------
    model : onnx.ModelProto
        In float.
    """
    nodes = model.graph.node
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    stem = convolutions[:3] if len(convolutions) > 1 and _groups(convolutions[1]) > 1 else convolutions[:1]
    last = [node for node in nodes if OUTPUT_NAME in node.output]
    return [node.name for node in (*stem, *last)]


def agreement(reference: Probabilities, probs: Probabilities) -> Agreement:
    """Compare two models' answers to the same crops.

    Parameters
    ----------
    reference, probs : ndarray of float64, shape (n, labels)
        Probabilities, each model's calibrated by its own temperature.
    """
    same = reference.argmax(axis=1) == probs.argmax(axis=1)
    return Agreement(float(same.mean()), float(np.abs(reference - probs).mean(axis=0).max()))


class _Batches(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime is untyped
    """Hands crops to ONNX Runtime's calibration, a few at a time."""

    def __init__(self, pixels: Pixels) -> None:
        self._batches: Iterator[Pixels] = iter(
            [pixels[start : start + _BATCH] for start in range(0, len(pixels), _BATCH)]
        )

    def get_next(self) -> dict[str, Pixels] | None:
        """Return the next batch, or None after the last."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT_NAME: batch}


def _groups(node: onnx.NodeProto) -> int:
    return next((int(get_attribute_value(a)) for a in node.attribute if a.name == "group"), 1)
