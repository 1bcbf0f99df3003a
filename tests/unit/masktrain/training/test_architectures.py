import re

import pytest

from masktrain.errors import TrainingError
from masktrain.training.architectures import ARCHITECTURES, DEFAULT_ARCHITECTURE, find_architecture

# Features before the last layer, as the papers give them; the width of VGG's is 4,096.
WIDTHS = {
    "mobilenet_v2": 1280,
    "mobilenet_v3_small": 1024,
    "mobilenet_v3_large": 1280,
    "resnet18": 512,
    "resnet34": 512,
    "vgg16": 4096,
    "densenet201": 1920,
    "efficientnet_b0": 1280,
}


def test_every_architecture_is_there() -> None:
    assert set(ARCHITECTURES) == set(WIDTHS)
    assert DEFAULT_ARCHITECTURE == "mobilenet_v2"


@pytest.mark.parametrize("name", [name for name in WIDTHS if name != "vgg16"])
def test_last_layer_has_one_output_per_label(name: str) -> None:
    kind = ARCHITECTURES[name]
    network = kind.build()
    place, layer = kind.last_layer(network)
    assert (layer.in_features, layer.out_features) == (WIDTHS[name], 4)
    assert network.get_submodule(place) is layer
    assert list(network.modules())[-1] is layer  # nothing comes after it


def test_published_files_carry_their_checksum() -> None:
    for kind in ARCHITECTURES.values():
        assert re.fullmatch(r".+-[0-9a-f]{8}\.pth", kind.weights_file)
        assert kind.weights.transforms().mean == [0.485, 0.456, 0.406]


def test_unknown_architecture_is_told_with_the_known_ones() -> None:
    with pytest.raises(TrainingError, match=r"no architecture 'resnet9'.*resnet18"):
        find_architecture("resnet9")
