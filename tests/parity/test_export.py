"""The exported file computes what the trained network computes."""

from pathlib import Path

import pytest
import torch
from torch import nn

from maskservice.decoding import decode
from maskservice.preprocessing import to_tensor
from masktrain.release.export import export_difference, export_onnx
from masktrain.training.network import build_network
from tests.cards import CARD as SMALL_CARD

EXAMPLES = sorted((Path(__file__).parents[2] / "client" / "examples").glob("*.jpg"))
CARD = SMALL_CARD.model_copy(update={"input_size": (112, 112)})


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    tensors = [to_tensor(decode(path.read_bytes()), CARD) for path in EXAMPLES]
    return torch.stack([torch.from_numpy(tensor) for tensor in tensors])


def test_torch_and_onnx_agree_within_a_ten_thousandth(pixels: torch.Tensor, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build_network()
    # As after training: statistics of real pictures in every batch normalisation.
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(pixels)
        network.get_parameter("classifier.1.weight").mul_(10.0)
    export_onnx(network, CARD, tmp_path / "model.onnx")
    with torch.inference_mode():
        spread = network.eval()(pixels).std()
    assert spread > 0.5, "logits that barely differ would prove nothing"
    assert export_difference(network, tmp_path / "model.onnx", pixels) <= 1e-4
