import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import read_samples
from masktrain.errors import TrainingError
from masktrain.training.checkpoint import read_trained
from masktrain.training.history import EpochRecord
from masktrain.training.loading import fixed_loader
from masktrain.training.network import InputFormat, build_network
from masktrain.training.predict import predict
from masktrain.training.settings import TrainingSettings
from masktrain.training.tracking import Parameters
from masktrain.training.trainer import Trainer

SETTINGS = TrainingSettings(
    input_size=(32, 32), frozen_blocks=0, head_epochs=1, epochs=1, batch_size=4, workers=0, device="cpu"
)


def trainer(
    data: Path, weights: Path | str, checkpoint: Path, settings: TrainingSettings = SETTINGS, **more: Any
) -> Trainer:
    train, val = (read_samples(data, (split,)) for split in ("train", "val"))
    return Trainer(train, val, settings, weights, checkpoint, **more)


class Diary:
    """A tracker that remembers, and stops training after an epoch as if the power had failed."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.told: list[str] = []
        self.parameters: Parameters = {}
        self._stop_after = stop_after

    def begin(self, parameters: Parameters) -> None:
        self.parameters = parameters

    def log(self, record: EpochRecord) -> None:
        self.told.append(f"{record.stage} {record.epoch}")
        if record.epoch == self._stop_after:
            raise KeyboardInterrupt

    def end(self, *, completed: bool) -> None:
        self.told.append("completed" if completed else "interrupted")


class Counter:
    """A meter that finds one kWh used at every reading."""

    def __init__(self) -> None:
        self._reading = 0.0
        self.events: list[str] = []

    def start(self) -> None:
        self.events.append("start")

    def read(self) -> float | None:
        self._reading += 1.0
        return self._reading

    def stop(self) -> None:
        self.events.append("stop")


def test_both_stages_run_and_leave_a_checkpoint(
    data: Path, imagenet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diary, meter = Diary(), Counter()
    training = trainer(data, imagenet, tmp_path / "run" / "checkpoint.pt", tracker=diary, meter=meter)
    network = training.fit()
    assert network.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 4)
    told = capsys.readouterr().err
    assert "head, epoch 1: loss" in told
    assert "whole network, epoch 2: loss" in told
    assert "incorrect_mask precision" in told
    assert diary.told == ["head 1", "whole network 2", "completed"]
    assert (diary.parameters["input_size"], diary.parameters["rate"]) == ("32x32", SETTINGS.rate)
    assert meter.events == ["start", "stop"]
    with (tmp_path / "run" / "history.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["stage"] for row in rows] == ["head", "whole network"]
    assert [row["energy_kwh"] for row in rows] == ["1.0", "1.0"]
    saved = read_trained(tmp_path / "run" / "checkpoint.pt")
    assert saved.spec == training.spec == InputFormat((32, 32))
    for name, value in network.state_dict().items():
        assert torch.equal(saved.network.state_dict()[name], value), name


def test_a_stage_of_five_steps_runs(data: Path, imagenet: Path, tmp_path: Path) -> None:
    """PyTorch's one-cycle schedule divides by zero where a fifth of the steps is one step."""
    training = trainer(data, imagenet, tmp_path / "a.pt", replace(SETTINGS, head_epochs=5, epochs=0))
    training.fit()
    assert len(training.history) == 5


def assert_only_the_head_learnt(trained: torch.nn.Module, fresh: torch.nn.Module) -> None:
    start = fresh.state_dict()
    changed = [
        name
        for name, value in trained.state_dict().items()
        if "num_batches" not in name and not torch.allclose(value, start[name])
    ]
    assert changed == ["classifier.1.weight", "classifier.1.bias"]


def test_head_stage_leaves_the_backbone_alone(data: Path, imagenet: Path, tmp_path: Path) -> None:
    trained = trainer(data, imagenet, tmp_path / "a.pt", replace(SETTINGS, epochs=0)).fit()
    fresh = trainer(data, imagenet, tmp_path / "b.pt", replace(SETTINGS, head_epochs=0, epochs=0)).fit()
    assert_only_the_head_learnt(trained, fresh)


def test_an_extractor_learns_its_last_layer_only(data: Path, imagenet: Path, tmp_path: Path) -> None:
    diary = Diary()
    settings = replace(SETTINGS, mode="extractor", epochs=2)
    trained = trainer(data, imagenet, tmp_path / "a.pt", settings, tracker=diary).fit()
    fresh = trainer(data, imagenet, tmp_path / "b.pt", replace(settings, epochs=0)).fit()
    assert diary.told == ["head 1", "head 2", "completed"]
    assert_only_the_head_learnt(trained, fresh)


@pytest.mark.parametrize(("stop_after", "workers"), [(1, 0), (2, 1)])
def test_stopped_training_ends_like_one_that_was_not(
    data: Path,
    imagenet: Path,
    tmp_path: Path,
    stop_after: int,
    workers: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = replace(SETTINGS, epochs=2, mixup=0.2, workers=workers)
    whole = trainer(data, imagenet, tmp_path / "through.pt", settings)
    through = whole.fit()
    checkpoint = tmp_path / "stopped.pt"
    diary = Diary(stop_after)
    with pytest.raises(KeyboardInterrupt):
        trainer(data, imagenet, checkpoint, settings, tracker=diary).fit()
    assert diary.told[-1] == "interrupted"
    capsys.readouterr()
    diary = Diary()
    second = trainer(data, imagenet, checkpoint, replace(settings, device="auto"), tracker=diary)
    resumed = second.fit()
    told = capsys.readouterr().err
    assert f"Going on after epoch {stop_after}" in told
    assert f"epoch {stop_after}:" not in told
    assert "whole network, epoch 3" in told
    assert diary.told == ["head 1", "whole network 2", "whole network 3", "completed"]
    for name, value in through.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
    for one, other in zip(whole.history, second.history, strict=True):
        assert replace(one, seconds=0.0) == replace(other, seconds=0.0)


@pytest.mark.parametrize("change", ["augmentation", "weights"])
def test_checkpoint_of_another_training_is_not_taken(
    data: Path, imagenet: Path, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(SETTINGS, epochs=0)
    checkpoint = tmp_path / "checkpoint.pt"
    trainer(data, imagenet, checkpoint, settings).fit()
    capsys.readouterr()
    train, val = (read_samples(data, (split,)) for split in ("train", "val"))
    Trainer(
        train,
        val,
        settings,
        "none" if change == "weights" else imagenet,
        checkpoint,
        augmentation=Augmentation(drawn_mask_odds=0.9) if change == "augmentation" else None,
    ).fit()
    told = capsys.readouterr().err
    assert "Starting anew" in told
    assert "head, epoch 1:" in told


def test_an_earlier_training_can_be_gone_on_from(data: Path, imagenet: Path, tmp_path: Path) -> None:
    first = trainer(data, imagenet, tmp_path / "first.pt").fit()
    settings = replace(SETTINGS, input_size=(48, 48), head_epochs=0, epochs=0)
    second = trainer(data, "nowhere", tmp_path / "second.pt", settings, initial=tmp_path / "first.pt")
    assert second.spec == InputFormat((48, 48))
    for name, value in second.fit().state_dict().items():
        assert torch.equal(first.state_dict()[name], value), name


def test_another_architecture_learns_from_nothing(data: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, architecture="mobilenet_v3_small")
    training = trainer(data, "none", tmp_path / "checkpoint.pt", settings)
    before = training._network.state_dict()["features.0.0.weight"].clone()
    after = training.fit().state_dict()["features.0.0.weight"]
    assert training.spec.mean == (0.485, 0.456, 0.406)
    assert not torch.equal(before, after)
    assert read_trained(tmp_path / "checkpoint.pt").architecture == "mobilenet_v3_small"


def test_random_weights_must_learn(data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--frozen-blocks 0"):
        trainer(data, "none", tmp_path / "checkpoint.pt", replace(SETTINGS, frozen_blocks=2))


def test_frozen_blocks_stay_as_they_are(data: Path, imagenet: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, frozen_blocks=2)
    trained = trainer(data, imagenet, tmp_path / "a.pt", settings).fit()
    fresh = trainer(data, imagenet, tmp_path / "b.pt", replace(settings, head_epochs=0, epochs=0)).fit()
    before, after = fresh.state_dict(), trained.state_dict()
    for name in before:
        if name.startswith(("features.0.", "features.1.")) and "num_batches" not in name:
            torch.testing.assert_close(after[name], before[name], msg=name)
    assert not torch.equal(after["features.2.conv.0.0.weight"], before["features.2.conv.0.0.weight"])


def test_predictions_keep_the_order_of_the_samples(data: Path) -> None:
    samples: Sequence[Any] = read_samples(data, ("val",))
    spec = InputFormat((32, 32))
    network = build_network()
    labels, logits = predict(network, fixed_loader(samples, spec, 0, batch_size=5))
    assert labels.shape == (12,)
    assert logits.shape == (12, 4)
    alone = predict(network, fixed_loader(samples[7:8], spec, 0))[1]
    np.testing.assert_allclose(alone[0], logits[7], atol=1e-4)
