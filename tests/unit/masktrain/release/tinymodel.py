"""A classifier of a few hundred bytes: the mean of each channel, times a matrix."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.cards import CARD

FIGURES = {"test_strict_accuracy": 0.99, "val_macro_f1": 0.97}


def write_tiny_model(
    path: Path,
    version: str = "1.0.0",
    scale: float = 1.0,
    outputs: int = 4,
    metrics: dict[str, float] | None = None,
) -> Path:
    """Write one with a card; another `scale` makes another model."""
    weights = np.full((3, outputs), scale, dtype=np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixels"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, 32, 32])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", outputs])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    card = CARD.model_copy(update={"version": version, "metrics": FIGURES if metrics is None else metrics})
    helper.set_model_props(model, card.to_metadata())
    onnx.save(model, path)
    return path
