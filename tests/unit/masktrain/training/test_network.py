import pytest
import torch
from torch import nn

from masktrain.training.network import build_network, learn

SMALL = ("mobilenet_v2", "mobilenet_v3_small", "resnet18", "efficientnet_b0")


@pytest.mark.parametrize("architecture", SMALL)
def test_output_is_one_logit_per_label(architecture: str) -> None:
    network = build_network(architecture).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 4)


def test_dropout_can_be_chosen() -> None:
    def dropouts(network: nn.Module) -> list[float]:
        return [module.p for module in network.modules() if isinstance(module, nn.Dropout)]

    assert dropouts(build_network()) == [0.2]
    assert dropouts(build_network(dropout=0.5)) == [0.5]
    assert dropouts(build_network("resnet18", dropout=0.5)) == []


@pytest.mark.parametrize("architecture", SMALL)
def test_only_the_last_layer_learns_or_everything(architecture: str) -> None:
    network = build_network(architecture)
    head = learn(network, architecture, whole=False)
    assert [parameter.shape[0] for parameter in head] == [4, 4]
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert not any(norm.training for norm in norms)
    assert all(module.training for module in network.modules() if isinstance(module, nn.Dropout))
    assert len(learn(network, architecture, whole=True)) == len(list(network.parameters()))
    assert all(norm.training for norm in norms)


@pytest.mark.parametrize(("architecture", "first"), [("mobilenet_v2", "features.0"), ("resnet18", "conv1")])
def test_first_blocks_can_stay_as_they_are(architecture: str, first: str) -> None:
    network = build_network(architecture)
    everything = learn(network, architecture, whole=True)
    most = learn(network, architecture, whole=True, frozen_blocks=3)
    assert 0 < len(most) < len(everything)
    block = network.get_submodule(first)
    assert not block.training
    assert not any(parameter.requires_grad for parameter in block.parameters())
    assert len(learn(network, architecture, whole=False, frozen_blocks=3)) == 2
