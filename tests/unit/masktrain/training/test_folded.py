from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from masktrain.training.folded import load_folded, restore_batch_norm
from masktrain.training.network import build_network


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_weights_land_in_torch_layout(imagenet: Path) -> None:
    network = build_network()
    load_folded(network, imagenet)
    with np.load(imagenet) as arrays:
        first = arrays["00_CONV_2D_w"]
        depthwise = arrays["01_DEPTHWISE_CONV_2D_w"]
        bias = arrays["00_CONV_2D_b"]
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    np.testing.assert_array_equal(convolutions[0].weight.detach()[5, 2, 1, 0], first[5, 1, 0, 2])
    np.testing.assert_array_equal(convolutions[1].weight.detach()[7, 0, 2, 1], depthwise[0, 2, 1, 7])
    norm = next(m for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    np.testing.assert_array_equal(norm.bias.detach(), bias)


def test_restored_norms_change_nothing_and_can_be_trained(imagenet: Path, pictures: torch.Tensor) -> None:
    network = build_network(dropout=0.0)
    load_folded(network, imagenet)
    network.eval()
    with torch.inference_mode():
        before = network(pictures)
    restore_batch_norm(network, pictures)
    with torch.inference_mode():
        after = network.eval()(pictures)
        training = network.train()(pictures)
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(training, before, atol=1e-2, rtol=1e-2)


def test_norms_without_statistics_cannot_be_restored() -> None:
    network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2, track_running_stats=False))
    with pytest.raises(ValueError, match="no running statistics"):
        restore_batch_norm(network, torch.rand(2, 3, 4, 4))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    few = tmp_path / "few.npz"
    single: dict[str, Any] = {"00_CONV_2D_w": np.zeros((32, 3, 3, 3), np.float32)}
    np.savez(few, **single)
    with pytest.raises(ValueError, match="1 layers"):
        load_folded(build_network(), few)
    layers: dict[str, Any] = {
        f"{number:02}_CONV_2D_w": np.zeros((8, 1, 1, 8), np.float32) for number in range(52)
    }
    misfit = tmp_path / "misfit.npz"
    np.savez(misfit, **layers)
    with pytest.raises(ValueError, match="does not fit"):
        load_folded(build_network(), misfit)
