"""From a trained network to the ONNX file the function serves."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import onnxruntime
import torch
from google.protobuf.message import DecodeError
from onnxscript import FLOAT, opset18
from torch import Tensor, nn

from maskservice.modelcard import ModelCard
from masktrain.errors import ExportError

INPUT_NAME = "pixels"
OUTPUT_NAME = "logits"
OPSET = 18


class Card(Protocol):
    """What a model's file says of itself."""

    def to_metadata(self) -> dict[str, str]:
        """Return the metadata entry to embed."""
        ...


def export_onnx(network: nn.Module, card: ModelCard, path: Path) -> None:
    """Write a network and its card as one ONNX file.

    Parameters
    ----------
    network : nn.Module
        Input float32 (N, 3, H, W), output logits (N, labels); put into evaluation mode.
    card : ModelCard
        Embedded into the file's metadata.
    path : Path
        Where to write. The input is ``pixels``, the output ``logits``, the batch size free.
    """
    network = network.eval().to("cpu", torch.float32).to(memory_format=torch.contiguous_format)
    example = torch.zeros(2, 3, *card.input_size)
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        input_names=[INPUT_NAME],
        output_names=[OUTPUT_NAME],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=OPSET,
        custom_translation_table=_translations(network),
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program.")
    model = program.model_proto
    forget_origin(model)
    write_model(model, card, path)


def forget_origin(model: onnx.ModelProto) -> None:
    """Take out of an exported model what the exporter notes of its source: stack traces with paths."""
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]


def _translations(network: nn.Module) -> dict[Callable[..., object], Callable[..., object]]:
    """Return how operators are written that the exporter would spell out.

    A mean over the whole picture is one operator, of which there is a quantised kernel; the
    exporter's own translation takes it apart. A network that pools to more than one pixel (VGG)
    keeps the exporter's.
    """
    pools = (module for module in network.modules() if isinstance(module, nn.AdaptiveAvgPool2d))
    if any(pool.output_size not in (1, (1, 1)) for pool in pools):
        return {}
    return {torch.ops.aten.adaptive_avg_pool2d.default: _global_pool}


def _global_pool(pixels: FLOAT, output_size: Sequence[int]) -> FLOAT:  # noqa: ARG001 (the operator's signature)
    return opset18.GlobalAveragePool(pixels)


def export_difference(network: nn.Module, path: Path, pixels: Tensor) -> float:
    """Return the largest absolute difference between a network's logits and its ONNX file's.

    Parameters
    ----------
    network : nn.Module
        As exported; put into evaluation mode.
    path : Path
        Written by `export_onnx`.
    pixels : Tensor
        float32 (N, 3, H, W), normalised.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (exported,) = session.run([OUTPUT_NAME], {INPUT_NAME: pixels.numpy()})
    with torch.inference_mode():
        logits = network.eval()(pixels)
    return float(np.abs(logits.numpy() - exported).max())


def read_card(path: Path) -> ModelCard:
    """Return the card inside an ONNX file.

    Raises
    ------
    ExportError
        If the file is not an ONNX model.
    ModelUnavailable
        If it has no card, or not one this code understands.
    """
    try:
        model = onnx.load(path)
    except DecodeError as error:
        raise ExportError(f"{path} is not an ONNX model.") from error
    return ModelCard.from_metadata({entry.key: entry.value for entry in model.metadata_props})


def embed_card(path: Path, card: ModelCard) -> None:
    """Replace the card inside an ONNX file."""
    write_model(onnx.load(path), card, path)


def write_model(model: onnx.ModelProto, card: Card, path: Path) -> None:
    """Check a model and write it with a card, in one step: a reader never meets half a file.

    Raises
    ------
    onnx.checker.ValidationError
        If the model is not valid ONNX.
    """
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(model.SerializeToString())
    temporary.replace(path)
