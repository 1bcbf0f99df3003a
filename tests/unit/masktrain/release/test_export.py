from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from masktrain.errors import ExportError
from masktrain.release.export import (
    INPUT_NAME,
    OUTPUT_NAME,
    embed_card,
    export_difference,
    export_onnx,
    read_card,
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
        other.classifier[1].bias.add_(0.5)
    assert export_difference(other, exported, torch.rand(2, 3, 32, 32)) == pytest.approx(0.5, abs=1e-4)


def test_file_tells_nothing_of_the_machine_it_was_made_on(exported: Path) -> None:
    data = exported.read_bytes()
    assert str(Path(__file__).parents[4]).encode() not in data
    assert b"site-packages" not in data
