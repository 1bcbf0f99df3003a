from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torchvision.models import WeightsEnum, densenet201, mobilenet_v2, resnet18

from masktrain.errors import TrainingError
from masktrain.training.network import build_network
from masktrain.training.weights import State, has_weights, load_exactly, load_start, read_tensors


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files as torchvision publishes them, weights drawn at random."""
    folder = tmp_path_factory.mktemp("published")
    torch.manual_seed(1)
    torch.save(resnet18().state_dict(), folder / "resnet18-f37072fd.pth")
    torch.save(mobilenet_v2().state_dict(), folder / "mobilenet_v2.pth")
    return folder


@pytest.mark.parametrize(
    ("architecture", "file"),
    [("resnet18", "resnet18-f37072fd.pth"), ("mobilenet_v2", "mobilenet_v2.pth")],
)
def test_backbone_is_taken_and_the_last_layer_is_not(published: Path, architecture: str, file: str) -> None:
    state = torch.load(published / file, weights_only=True)
    for source in (published, published / file):
        network = build_network(architecture)
        start = load_start(network, architecture, source)
        assert (start.mean, start.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        assert not start.folded
        loaded = network.state_dict()
        differing = [name for name in loaded if not torch.equal(loaded[name], state[name])]
        assert [loaded[name].shape[0] for name in differing] == [4, 4]


def test_names_of_older_densenet_files_are_understood() -> None:
    torch.manual_seed(2)
    new = densenet201().state_dict()
    old = {
        name.replace("norm1.", "norm.1.")
        .replace("norm2.", "norm.2.")
        .replace("conv1.", "conv.1.")
        .replace("conv2.", "conv.2."): value
        for name, value in new.items()
        if "num_batches" not in name
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    network = build_network("densenet201")
    load_start(network, "densenet201", "imagenet", fetch=lambda _: old)
    name = "features.denseblock4.denselayer32.conv2.weight"
    assert torch.equal(network.state_dict()[name], new[name])


def test_folded_weights_have_their_own_normalisation(imagenet: Path) -> None:
    for source in (imagenet, imagenet.parent):
        start = load_start(build_network(), "mobilenet_v2", source)
        assert start.folded
        assert (start.mean, start.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def test_random_start_leaves_the_network_alone() -> None:
    network = build_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert not load_start(network, "mobilenet_v2", "none").folded
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_no_internet_is_told_with_what_to_fetch() -> None:
    def offline(_: WeightsEnum) -> State:
        raise URLError("no route to host")

    with pytest.raises(TrainingError) as told:
        load_start(build_network("resnet18"), "resnet18", "imagenet", fetch=offline)
    message = str(told.value)
    assert "no route to host" in message
    assert "https://download.pytorch.org/models/resnet18-f37072fd.pth" in message
    assert "sha256 begins with f37072fd" in message
    assert "--weights" in message


def test_damaged_download_is_told() -> None:
    def damaged(_: WeightsEnum) -> State:
        raise RuntimeError("invalid hash value")

    with pytest.raises(TrainingError, match="damaged: invalid hash"):
        load_start(build_network("resnet18"), "resnet18", "imagenet", fetch=damaged)


def test_missing_weights_are_told_with_what_to_do(published: Path, imagenet: Path) -> None:
    assert has_weights("resnet18", published)
    assert not has_weights("vgg16", published)
    with pytest.raises(TrainingError, match=r"holds neither .*resnet34.*--weights imagenet"):
        load_start(build_network("resnet34"), "resnet34", published)
    with pytest.raises(TrainingError, match=r"There is no .*nowhere"):
        load_start(build_network(), "mobilenet_v2", published / "nowhere")
    with pytest.raises(TrainingError, match=r"is for mobilenet_v2; resnet18 needs resnet18-f37072fd"):
        load_start(build_network("resnet18"), "resnet18", imagenet)


def test_weights_of_another_architecture_are_refused(published: Path, tmp_path: Path) -> None:
    file = published / "resnet18-f37072fd.pth"
    with pytest.raises(TrainingError, match="layers are missing or unknown"):
        load_start(build_network(), "mobilenet_v2", file)
    state: dict[str, Any] = torch.load(file, weights_only=True)
    state["conv1.weight"] = state["conv1.weight"][:, :1]
    torch.save(state, tmp_path / "grey.pth")
    with pytest.raises(TrainingError, match=r"size mismatch for conv1\.weight"):
        load_start(build_network("resnet18"), "resnet18", tmp_path / "grey.pth")
    with pytest.raises(TrainingError, match="do not fit"):
        load_exactly(build_network("resnet18"), state, "grey")


def test_files_that_hold_no_weights_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not a file of torch's")
    with pytest.raises(TrainingError, match=r"broken\.pth is no file of weights"):
        load_start(build_network("resnet18"), "resnet18", broken)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(TrainingError, match="no table of weights"):
        read_tensors(tmp_path / "list.pth")
    nothing: dict[str, Any] = {"a": np.zeros(1)}
    np.savez(tmp_path / "other.npz", **nothing)
    with pytest.raises(TrainingError, match="does not hold weights of mobilenet_v2"):
        load_start(build_network(), "mobilenet_v2", tmp_path / "other.npz")
