from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from torch import nn

from maskservice.classifier import load_classifier
from maskservice.modelstore import read_model
from masktrain.dataset.samples import read_samples
from masktrain.errors import ExportError
from masktrain.release.export import INPUT_NAME, OUTPUT_NAME, export_onnx, read_card
from masktrain.release.quantize import agreement, calibration_pixels, float_nodes, quantize
from tests.cards import CARD


def small_network(*, depthwise: bool = True) -> nn.Sequential:
    """A MobileNet in miniature: stem, depthwise, projection, two more convolutions, pool, last layer."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU6(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8 if depthwise else 1),
        nn.ReLU6(),
        nn.Conv2d(8, 8, 1),
        nn.Conv2d(8, 16, 1),
        nn.ReLU6(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 4),
    )


@pytest.fixture(scope="module")
def pixels() -> npt.NDArray[np.float32]:
    return np.random.default_rng(0).uniform(-1, 1, (40, 3, 32, 32)).astype(np.float32)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quantize") / "fp32.onnx"
    export_onnx(small_network(), CARD, path)
    return path


@pytest.fixture(scope="module")
def quantized(exported: Path, pixels: npt.NDArray[np.float32]) -> Path:
    path = exported.with_name("folder") / "int8.onnx"
    quantize(exported, path, CARD, pixels)
    return path


def operators(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


def test_only_the_layers_that_gain_become_int8(exported: Path, quantized: Path) -> None:
    graph = onnx.load(quantized).graph
    types = {tensor.name: tensor.data_type for tensor in graph.initializer}
    weights = {node.output[0]: types[node.input[0]] for node in graph.node if node.input[0] in types}
    stored = [
        weights.get(node.input[1], types.get(node.input[1]))
        for node in graph.node
        if node.op_type in ("Conv", "Gemm")
    ]
    float_, int8 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT8
    assert stored == [float_, float_, float_, int8, int8, float_]
    assert len(float_nodes(onnx.load(exported))) == 4


def test_weights_have_a_scale_per_channel_and_activations_are_uint8(quantized: Path) -> None:
    graph = onnx.load(quantized).graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    scales = [
        tuple(tensors[node.input[1]].dims)
        for node in graph.node
        if node.op_type == "DequantizeLinear"
        and node.input[0] in tensors
        and tensors[node.input[0]].data_type == onnx.TensorProto.INT8
    ]
    assert scales == [(16,), (16,)]
    zero_points = {
        tensors[node.input[2]].data_type for node in graph.node if node.op_type == "QuantizeLinear"
    }
    assert zero_points == {onnx.TensorProto.UINT8}


def test_a_plain_stem_leaves_only_its_first_layer_in_float(tmp_path: Path) -> None:
    export_onnx(small_network(depthwise=False), CARD, tmp_path / "m.onnx")
    model = onnx.load(tmp_path / "m.onnx")
    names = [node.name for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    assert float_nodes(model) == [names[0], names[-1]]


def test_the_service_serves_the_quantised_model(
    exported: Path, quantized: Path, pixels: npt.NDArray[np.float32]
) -> None:
    reference, served = load_classifier(read_model(exported)), load_classifier(read_model(quantized))
    assert served.card == CARD
    wanted, given = reference.probabilities(pixels), served.probabilities(pixels)
    np.testing.assert_allclose(given, wanted, atol=0.02)
    assert not np.array_equal(given, wanted)
    one_by_one = np.concatenate([served.probabilities(crop[None]) for crop in pixels[:3]])
    np.testing.assert_allclose(one_by_one, given[:3], atol=1e-6)


def test_input_output_and_card_stay(quantized: Path) -> None:
    graph = onnx.load(quantized).graph
    assert [value.name for value in graph.input] == [INPUT_NAME]
    assert [value.name for value in graph.output] == [OUTPUT_NAME]
    for value in (*graph.input, *graph.output):
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        assert value.type.tensor_type.shape.dim[0].dim_param
    assert read_card(quantized) == CARD


def test_file_tells_nothing_of_the_machine_it_was_made_on(quantized: Path) -> None:
    data = quantized.read_bytes()
    assert b"quantize." not in data.replace(b"onnx.quantize", b"")
    assert b"/tmp" not in data
    assert str(Path(__file__).parents[4]).encode() not in data
    assert sorted(path.name for path in quantized.parent.iterdir()) == ["int8.onnx"]


def test_quantising_again_gives_the_same_file(
    exported: Path, quantized: Path, pixels: npt.NDArray[np.float32], tmp_path: Path
) -> None:
    quantize(exported, tmp_path / "again.onnx", CARD, pixels)
    assert (tmp_path / "again.onnx").read_bytes() == quantized.read_bytes()


def test_a_model_can_be_quantised_in_place(
    exported: Path, pixels: npt.NDArray[np.float32], tmp_path: Path
) -> None:
    copy = tmp_path / "m.onnx"
    copy.write_bytes(exported.read_bytes())
    quantize(copy, copy, CARD, pixels)
    assert "DequantizeLinear" in operators(copy)


def test_nothing_to_calibrate_on_is_told(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no crops to fit int8 ranges on"):
        quantize(exported, tmp_path / "m.onnx", CARD, np.empty((0, 3, 32, 32), np.float32))
    assert not (tmp_path / "m.onnx").exists()


def test_calibration_is_balanced_and_repeats_itself(data: Path) -> None:
    samples = read_samples(data, ("train",))
    labels = {sample.label for sample in samples}
    rare = min(sum(sample.label == label for sample in samples) for label in labels)
    pixels = calibration_pixels(samples, CARD, count=4 * rare)
    assert pixels.shape == (rare * len(labels), 3, 32, 32)
    assert pixels.dtype == np.float32
    assert np.array_equal(pixels, calibration_pixels(samples, CARD, count=4 * rare))
    assert not np.array_equal(pixels, calibration_pixels(samples, CARD, count=4 * rare, seed=1))


def test_calibration_takes_what_there_is_of_a_rare_label(data: Path) -> None:
    samples = read_samples(data, ("train",))
    assert len(calibration_pixels(samples, CARD, count=10_000)) == len(samples)


def test_agreement_counts_labels_and_takes_the_greatest_shift() -> None:
    one = np.array([[0.7, 0.1, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1]])
    other = np.array([[0.6, 0.2, 0.1, 0.1], [0.3, 0.4, 0.2, 0.1]])
    found = agreement(one, other)
    assert found.same_label == 0.5
    assert found.probability_shift == pytest.approx(0.1)
    assert agreement(one, one).same_label == 1.0
