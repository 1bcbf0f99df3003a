"""Transfer learning in one stage or two: the new last layer, then the whole network."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.training.checkpoint import State, make_recipe, save, take_up
from masktrain.training.energy import EnergyMeter, NullMeter
from masktrain.training.history import EpochRecord, validation_figures, write_history
from masktrain.training.loading import fixed_loader
from masktrain.training.network import learn
from masktrain.training.precision import choose_compute
from masktrain.training.predict import predict
from masktrain.training.preparation import prepare
from masktrain.training.settings import Stage, TrainingSettings
from masktrain.training.steps import Steps
from masktrain.training.tracking import NullTracker, Tracker

HISTORY = "history.csv"
"""Written beside the checkpoint: one row per epoch."""


class Trainer:
    """Trains one network, with a checkpoint after every epoch.

    Parameters
    ----------
    train, val : sequence of Sample
        Fitted on, and watched.
    settings : TrainingSettings
        How.
    weights : str or Path
        ImageNet weights to start from: see `masktrain.training.weights.load_start`.
    checkpoint : Path
        Written after every epoch; if it is there and was made with the same settings from the
        same samples and weights, training goes on from it.
    initial : Path, optional
        An earlier training to start from instead of ``weights``: see
        `masktrain.training.checkpoint.load_initial`.
    augmentation : Augmentation, optional
        What is done to training crops; by default the recipe as it stands.
    tracker : Tracker, optional
        Is told every epoch's figures.
    meter : EnergyMeter, optional
        Meters the energy of every epoch.

    Attributes
    ----------
    spec : InputFormat
        What the network wants to be fed.
    history : list of EpochRecord
        One per epoch done.

    Raises
    ------
    TrainingError
        If weights, device or an earlier training are not there or do not fit.
    """

    def __init__(
        self,
        train: Sequence[Sample],
        val: Sequence[Sample],
        settings: TrainingSettings,
        weights: str | Path,
        checkpoint: Path,
        *,
        initial: Path | None = None,
        augmentation: Augmentation | None = None,
        tracker: Tracker | None = None,
        meter: EnergyMeter | None = None,
    ) -> None:
        recipe = augmentation or Augmentation()
        self._settings = settings
        self._checkpoint = checkpoint
        self._tracker = tracker or NullTracker()
        self._meter = meter or NullMeter()
        self._console = Console(stderr=True)
        compute = choose_compute(settings.device, settings.precision)
        prepared = prepare(train, settings, weights, initial, recipe)
        self.spec = prepared.spec
        self.history: list[EpochRecord] = []
        self._sampler, self._batches = prepared.sampler, prepared.batches
        self._recipe = make_recipe(settings, train, recipe, prepared.start)
        self._val = fixed_loader(val, self.spec, settings.workers)
        self._network = prepared.network.to(compute.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._steps = Steps(self._network, compute, settings)
        self._average = AveragedModel(
            self._network,
            multi_avg_fn=get_ema_multi_avg_fn(settings.ema_decay),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )

    def fit(self) -> nn.Module:
        """Run all stages, or what is left of them, and return the averaged network on the CPU."""
        saved = self._take_up_checkpoint()
        self._tracker.begin(self._parameters())
        for record in self.history:
            self._tracker.log(record)
        self._meter.start()
        completed = False
        try:
            for stage in self._settings.stages:
                if len(self.history) < stage.epochs.stop:
                    self._fit_stage(stage, saved)
            completed = True
        finally:
            self._meter.stop()
            self._tracker.end(completed=completed)
        return self._average.module.cpu()

    @property
    def energy_kwh(self) -> float:
        """Energy metered over all epochs, earlier starts included."""
        return sum(record.energy_kwh or 0.0 for record in self.history)

    def _fit_stage(self, stage: Stage, saved: State | None) -> None:
        parameters = self._learn(stage)
        optimizer = torch.optim.AdamW(parameters, lr=stage.rate, weight_decay=self._settings.weight_decay)
        steps = max(1, len(stage.epochs) * len(self._batches))
        # A rise of exactly one step divides by zero in PyTorch's schedule: 0.2 of five steps is one.
        rise = 0.2 if steps != 5 else 0.3
        schedule = OneCycleLR(optimizer, max_lr=stage.rate, total_steps=steps, pct_start=rise)
        if saved is not None and stage.epochs.start < len(self.history):
            optimizer.load_state_dict(saved["optimizer"])
            schedule.load_state_dict(saved["schedule"])
        for epoch in range(max(stage.epochs.start, len(self.history)), stage.epochs.stop):
            started, energy = perf_counter(), self._meter.read()
            self._learn(stage)
            loss = self._pass(f"{stage.name}, epoch {epoch + 1}", epoch, optimizer, schedule)
            truth, logits = predict(self._average.module, self._val)
            used = self._meter.read()
            record = EpochRecord(
                epoch=epoch + 1,
                stage=stage.name,
                loss=loss,
                rate=float(schedule.get_last_lr()[0]),
                seconds=perf_counter() - started,
                figures=validation_figures(truth, logits.argmax(1)),
                energy_kwh=None if used is None or energy is None else used - energy,
            )
            self.history.append(record)
            self._save(optimizer, schedule)
            self._console.print(str(record), highlight=False, soft_wrap=True)
            self._tracker.log(record)

    def _learn(self, stage: Stage) -> list[nn.Parameter]:
        """Put the network into the stage's training mode and return what learns."""
        settings = self._settings
        return learn(
            self._network, settings.architecture, whole=stage.whole, frozen_blocks=settings.frozen_blocks
        )

    def _pass(self, title: str, epoch: int, optimizer: torch.optim.Optimizer, schedule: OneCycleLR) -> float:
        self._sampler.epoch = epoch
        batches = iter(self._batches)
        # Neither dropout nor mixup may depend on whether training was resumed. The loader draws
        # numbers of its own as it starts.
        torch.manual_seed(self._settings.seed + 1 + epoch)
        rng = np.random.default_rng((self._settings.seed, epoch, 1))
        total = 0.0
        with _progress(self._console, title, len(self._batches)) as advance:
            for pixels, labels in batches:
                loss, stepped = self._steps.take(pixels, labels, optimizer, rng)
                if stepped:
                    schedule.step()
                    self._average.update_parameters(self._network)
                total += loss
                advance()
        return total / max(1, len(self._batches))

    def _parameters(self) -> dict[str, str | int | float]:
        """Return what a tracker is told of the settings."""
        settings = asdict(self._settings)
        height, width = settings.pop("input_size")
        return {**settings, "input_size": f"{height}x{width}", "training_crops": len(self._sampler)}

    def _save(self, optimizer: torch.optim.Optimizer, schedule: OneCycleLR) -> None:
        state = {
            "recipe": self._recipe,
            "architecture": self._settings.architecture,
            "input": asdict(self.spec),
            "epochs_done": len(self.history),
            "history": [record.as_row() for record in self.history],
            "network": self._network.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "scaler": self._steps.scaler.state_dict(),
        }
        save(state, self._checkpoint)
        write_history(self._checkpoint.with_name(HISTORY), self.history)

    def _take_up_checkpoint(self) -> State | None:
        """Load network, average and history from a checkpoint of the same recipe, if there is one."""
        saved, told = take_up(self._checkpoint, self._recipe)
        if told:
            self._console.print(told, highlight=False, soft_wrap=True)
        if saved is not None:
            self._network.load_state_dict(saved["network"])
            self._average.load_state_dict(saved["average"])
            self._steps.scaler.load_state_dict(saved["scaler"])
            self.history = [EpochRecord.from_row(row) for row in saved["history"]]
        return saved


@contextmanager
def _progress(console: Console, title: str, total: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
