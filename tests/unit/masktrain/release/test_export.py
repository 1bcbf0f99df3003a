from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from masktrain.errors import ExportError
from masktrain.release.export import (
    INPUT_NAME,
    OUTPUT_NAME,
    embed_card,
    export_difference,
    export_onnx,
    read_card,
    write_model,
)
from masktrain.training.network import build_network
from tests.cards import CARD


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("export") / "folder" / "model.onnx"
    export_onnx(build_network(), CARD, path)
    return path


@pytest.mark.parametrize("batch", [1, 3, 16])
def test_any_batch_size_runs(exported: Path, batch: int) -> None:
    session = onnxruntime.InferenceSession(exported)
    (logits,) = session.run([OUTPUT_NAME], {INPUT_NAME: np.zeros((batch, 3, 32, 32), np.float32)})
    assert logits.shape == (batch, 4)


def test_card_travels_in_the_file_and_can_be_replaced(exported: Path, tmp_path: Path) -> None:
    assert read_card(exported) == CARD
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(exported.read_bytes())
    changed = CARD.model_copy(update={"version": "0.2.0"})
    embed_card(copy, changed)
    assert read_card(copy) == changed
    pixels = torch.rand(1, 3, 32, 32)
    torch.manual_seed(0)
    assert export_difference(build_network(), copy, pixels) < 1e-4


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("# no model")
    with pytest.raises(ExportError, match=r"m\.onnx is not an ONNX model"):
        read_card(tmp_path / "m.onnx")


def test_another_network_is_told_from_the_file(exported: Path) -> None:
    torch.manual_seed(0)
    other = build_network()
    with torch.no_grad():
        other.get_parameter("classifier.1.bias").add_(0.5)
    assert export_difference(other, exported, torch.rand(2, 3, 32, 32)) == pytest.approx(0.5, abs=1e-4)


def test_file_tells_nothing_of_the_machine_it_was_made_on(exported: Path) -> None:
    data = exported.read_bytes()
    assert str(Path(__file__).parents[4]).encode() not in data
    assert b"site-packages" not in data


@pytest.mark.parametrize("size", [1, 2])
def test_pooling_to_one_pixel_is_one_operator(size: int, tmp_path: Path) -> None:
    torch.manual_seed(0)
    pooled = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(size), nn.Flatten(), nn.Linear(4 * size**2, 4)
    ).to(memory_format=torch.channels_last)
    export_onnx(pooled, CARD, tmp_path / "m.onnx")
    found = [node.op_type for node in onnx.load(tmp_path / "m.onnx").graph.node]
    assert ("GlobalAveragePool" in found) == (size == 1)
    assert not {"Shape", "Range", "Gather"} & set(found)
    assert export_difference(pooled, tmp_path / "m.onnx", torch.rand(3, 3, 32, 32)) < 1e-5


def test_a_file_is_never_half_written(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_text("the model before")
    broken = onnx.load(exported)
    broken.graph.node[0].op_type = "NoSuchOperator"
    with pytest.raises(onnx.checker.ValidationError):
        write_model(broken, CARD, path)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["the model before"]
