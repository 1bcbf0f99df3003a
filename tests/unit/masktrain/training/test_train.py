from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from masktrain.dataset.samples import read_samples
from masktrain.training.loading import fixed_loader
from masktrain.training.network import build_network
from masktrain.training.train import Trainer, TrainingSettings, predict

SETTINGS = TrainingSettings(input_size=(32, 32), head_epochs=1, epochs=1, batch_size=4, workers=0)


def trainer(data: Path, imagenet: Path, checkpoint: Path, settings: TrainingSettings = SETTINGS) -> Trainer:
    train, val = (read_samples(data, (split,)) for split in ("train", "val"))
    return Trainer(train, val, settings, imagenet, checkpoint)


def test_both_stages_run_and_leave_a_checkpoint(
    data: Path, imagenet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = trainer(data, imagenet, tmp_path / "run" / "checkpoint.pt").fit()
    assert network.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 4)
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert state["epochs_done"] == 2
    told = capsys.readouterr().err
    assert "head, epoch 1" in told
    assert "whole network, epoch 2" in told


def test_head_stage_leaves_the_backbone_alone(data: Path, imagenet: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=0)
    trained = trainer(data, imagenet, tmp_path / "a.pt", settings).fit()
    fresh = trainer(data, imagenet, tmp_path / "b.pt", replace(settings, head_epochs=0))._network
    for name, value in fresh.features.state_dict().items():
        if "num_batches" not in name:
            torch.testing.assert_close(trained.features.state_dict()[name], value, msg=name)
    assert not torch.equal(trained.classifier[1].weight, fresh.classifier[1].weight)


class Interrupted(Trainer):
    """Stops after a number of epochs, as if the power had failed."""

    stop_after = 0

    def _save(self, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.OneCycleLR) -> None:
        super()._save(optimizer, schedule)
        if self._epochs_done == self.stop_after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stop_after", [1, 2])
def test_stopped_training_ends_like_one_that_was_not(
    data: Path, imagenet: Path, tmp_path: Path, stop_after: int, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(SETTINGS, epochs=2)
    through = trainer(data, imagenet, tmp_path / "through.pt", settings).fit()
    checkpoint = tmp_path / "stopped.pt"
    train, val = (read_samples(data, (split,)) for split in ("train", "val"))
    stopped = Interrupted(train, val, settings, imagenet, checkpoint)
    stopped.stop_after = stop_after
    with pytest.raises(KeyboardInterrupt):
        stopped.fit()
    capsys.readouterr()
    resumed = trainer(data, imagenet, checkpoint, settings).fit()
    told = capsys.readouterr().err
    assert f"Going on after epoch {stop_after}" in told
    assert f"epoch {stop_after}:" not in told
    assert "whole network, epoch 3" in told
    for name, value in through.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, msg=name)


def test_checkpoint_of_other_settings_is_not_taken(
    data: Path, imagenet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    trainer(data, imagenet, checkpoint, replace(SETTINGS, epochs=0)).fit()
    capsys.readouterr()
    trainer(data, imagenet, checkpoint, replace(SETTINGS, epochs=0, seed=8)).fit()
    told = capsys.readouterr().err
    assert "Starting anew" in told
    assert "head, epoch 1:" in told


def test_checkpoint_of_other_pictures_is_not_taken(
    data: Path, imagenet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(SETTINGS, epochs=0)
    checkpoint = tmp_path / "checkpoint.pt"
    trainer(data, imagenet, checkpoint, settings).fit()
    capsys.readouterr()
    train, val = (read_samples(data, (split,)) for split in ("train", "val"))
    Trainer(train[1:], val, settings, imagenet, checkpoint).fit()
    assert "Starting anew" in capsys.readouterr().err


def test_predictions_keep_the_order_of_the_samples(data: Path) -> None:
    samples = read_samples(data, ("val",))
    network = build_network()
    labels, logits = predict(network, fixed_loader(samples, SETTINGS, 0, batch_size=5))
    assert labels.shape == (12,)
    assert logits.shape == (12, 4)
    alone = predict(network, fixed_loader(samples[7:8], SETTINGS, 0))[1]
    np.testing.assert_allclose(alone[0], logits[7], atol=1e-4)
