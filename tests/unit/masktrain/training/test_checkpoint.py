from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from masktrain.augmentation.augment import Augmentation
from masktrain.augmentation.transplant import Transplant
from masktrain.dataset.samples import Sample
from masktrain.errors import TrainingError
from masktrain.training.checkpoint import (
    load_initial,
    make_recipe,
    read_trained,
    save,
    state_digest,
    take_up,
)
from masktrain.training.network import build_network
from masktrain.training.settings import TrainingSettings


def recipe(samples: list[Sample], start: str = "s", **settings: Any) -> dict[str, object]:
    return make_recipe(TrainingSettings(**settings), samples, Augmentation(), start)


def averaged(architecture: str) -> dict[str, Any]:
    torch.manual_seed(3)
    state = build_network(architecture).state_dict()
    return {"n_averaged": torch.tensor(1), **{f"module.{name}": value for name, value in state.items()}}


def test_a_recipe_holds_what_decides(bare: Sample) -> None:
    usual = recipe([bare])
    assert usual == recipe([bare], workers=0, device="cpu")
    assert usual != recipe([bare], mixup=0.2)
    assert usual != recipe([bare], start="other")
    assert usual != recipe([replace(bare, label="with_mask")])
    assert usual != recipe([bare, bare])
    assert usual != make_recipe(TrainingSettings(), [bare], Augmentation(drawn_mask_odds=0.9), "s")


def test_a_recipe_is_the_same_in_every_run(bare: Sample) -> None:
    first, second = (Augmentation(masks=Transplant([bare], [bare])) for _ in range(2))
    one, other = (make_recipe(TrainingSettings(), [bare], recipe, "s") for recipe in (first, second))
    assert one == other != recipe([bare])


def test_the_digest_changes_with_any_weight() -> None:
    network = build_network("mobilenet_v3_small")
    before = state_digest(network)
    assert before == state_digest(network)
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] += 1
    assert before != state_digest(network)


def test_a_checkpoint_of_another_recipe_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "run" / "checkpoint.pt"
    assert take_up(path, {"seed": 1}) == (None, "")
    save({"recipe": {"seed": 1, "rate": 2}, "epochs_done": 4}, path)
    saved, told = take_up(path, {"seed": 1, "rate": 2})
    assert saved is not None
    assert "after epoch 4" in told
    saved, told = take_up(path, {"seed": 1, "rate": 3})
    assert saved is None
    assert "is of other rate" in told
    assert not path.exists()
    assert (tmp_path / "run" / "checkpoint.pt.old").is_file()


def test_the_averaged_network_can_be_read(tmp_path: Path) -> None:
    state = averaged("resnet18")
    path = tmp_path / "checkpoint.pt"
    form = {"input_size": (48, 48), "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.2, 0.2)}
    save({"average": state, "architecture": "resnet18", "input": form}, path)
    trained = read_trained(path)
    assert (trained.architecture, trained.spec.input_size, trained.spec.mean) == (
        "resnet18",
        (48, 48),
        (0.4, 0.5, 0.6),
    )
    assert torch.equal(trained.network.state_dict()["conv1.weight"], state["module.conv1.weight"])
    network = build_network("resnet18")
    assert load_initial(network, "resnet18", path) == trained.spec
    assert torch.equal(network.state_dict()["fc.weight"], state["module.fc.weight"])
    with pytest.raises(TrainingError, match="holds a resnet18, not a mobilenet_v2"):
        load_initial(build_network(), "mobilenet_v2", path)


def test_a_checkpoint_without_a_format_is_of_the_first_kind(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save({"average": averaged("mobilenet_v2"), "recipe": {"settings": {"input_size": (112, 112)}}}, path)
    trained = read_trained(path)
    assert (trained.architecture, trained.spec.input_size) == ("mobilenet_v2", (112, 112))
    assert trained.spec.mean == (0.5, 0.5, 0.5)


def test_a_plain_file_of_our_labels_can_be_gone_on_from(tmp_path: Path) -> None:
    torch.manual_seed(4)
    state = build_network("resnet18").state_dict()
    torch.save(state, tmp_path / "mine.pth")
    network = build_network("resnet18")
    spec = load_initial(network, "resnet18", tmp_path / "mine.pth")
    assert spec.mean == (0.485, 0.456, 0.406)
    assert torch.equal(network.state_dict()["fc.bias"], state["fc.bias"])
    with pytest.raises(TrainingError, match="no checkpoint of a training"):
        read_trained(tmp_path / "mine.pth")
    with pytest.raises(TrainingError, match="do not fit the architecture"):
        load_initial(build_network(), "mobilenet_v2", tmp_path / "mine.pth")
