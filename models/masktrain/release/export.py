"""From a trained network to the ONNX file the function serves."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from google.protobuf.message import DecodeError
from torch import Tensor, nn

from maskservice.modelcard import ModelCard
from masktrain.errors import ExportError

INPUT_NAME = "pixels"
OUTPUT_NAME = "logits"
OPSET = 18


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
    network = network.eval().to("cpu", torch.float32)
    example = torch.zeros(2, 3, *card.input_size)
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        input_names=[INPUT_NAME],
        output_names=[OUTPUT_NAME],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=OPSET,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program.")
    model = program.model_proto
    model.doc_string = ""
    for node in model.graph.node:  # the exporter notes stack traces with this machine's paths
        node.doc_string = ""
        del node.metadata_props[:]
    path.parent.mkdir(parents=True, exist_ok=True)
    _save(model, card, path)


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
    _save(onnx.load(path), card, path)


def _save(model: onnx.ModelProto, card: ModelCard, path: Path) -> None:
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
