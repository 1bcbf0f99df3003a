"""What a model file is, besides what its card says."""

import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Literal

import onnx


@dataclass(frozen=True)
class ModelFile:
    """An ONNX file.

    Attributes
    ----------
    name : str
        Of the file.
    size : int
        Bytes.
    sha256 : str
        Of its bytes, hexadecimal.
    precision : str
        ``int8`` where weights are quantised, ``fp32`` otherwise.
    parameters : int
        Numbers in the weights; the scales of a quantised model count, too.
    """

    name: str
    size: int
    sha256: str
    precision: Literal["fp32", "int8"]
    parameters: int


def describe_model(path: Path) -> ModelFile:
    """Read what a model file is."""
    data = path.read_bytes()
    graph = onnx.load_from_string(data).graph
    quantised = any(node.op_type in ("DequantizeLinear", "QLinearConv") for node in graph.node)
    return ModelFile(
        name=path.name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        precision="int8" if quantised else "fp32",
        parameters=sum(prod(weight.dims) for weight in graph.initializer),
    )
