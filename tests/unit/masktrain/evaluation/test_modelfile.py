import hashlib
from pathlib import Path

import onnx
from onnx import helper

from masktrain.evaluation.modelfile import describe_model


def test_a_plain_file(model: Path) -> None:
    file = describe_model(model)
    data = model.read_bytes()
    assert (file.name, file.size, file.sha256) == (
        "colours.onnx",
        len(data),
        hashlib.sha256(data).hexdigest(),
    )
    assert (file.precision, file.parameters) == ("fp32", 12)


def test_a_quantised_file(model: Path) -> None:
    loaded = onnx.load(model)
    loaded.graph.node.append(helper.make_node("DequantizeLinear", ["a", "b"], ["c"]))
    onnx.save(loaded, model)
    assert describe_model(model).precision == "int8"
