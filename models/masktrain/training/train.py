"""Transfer learning in two stages: the new last layer first, then the whole network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from torchvision.models import MobileNetV2

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.training.loading import BalancedSampler, TrainingCrops, fixed_loader, training_loader
from masktrain.training.network import MEAN, STD, build_network, load_imagenet, restore_batch_norm

_CALIBRATION_CROPS = 512


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Attributes
    ----------
    input_size : tuple of int
        Height and width of the input in pixels.
    head_epochs, epochs : int
        Passes with the backbone frozen, and with everything learning.
    batch_size : int
        Crops per step; fewer if there are not as many.
    head_rate, rate : float
        Greatest learning rate of each stage (one-cycle schedule; Smith and Topin, 2018).
    weight_decay : float
        Of AdamW (Loshchilov and Hutter, 2019).
    label_smoothing : float
        Share of the target spread over all labels.
    ema_decay : float
        Of the running average of the weights, which is what is evaluated and exported.
    seed : int
        Decides the draws, the augmentation and the last layer's start.
    workers : int
        Processes that prepare crops.
    """

    input_size: tuple[int, int] = (112, 112)
    head_epochs: int = 1
    epochs: int = 9
    batch_size: int = 64
    head_rate: float = 3e-3
    rate: float = 1.2e-3
    weight_decay: float = 0.03
    label_smoothing: float = 0.05
    ema_decay: float = 0.997
    seed: int = 7
    workers: int = 2

    @property
    def mean(self) -> tuple[float, float, float]:
        """Channel means of the input (see `maskservice.modelcard.ModelCard`)."""
        return MEAN

    @property
    def std(self) -> tuple[float, float, float]:
        """Channel deviations of the input (see `maskservice.modelcard.ModelCard`)."""
        return STD


class Trainer:
    """Trains one network, with a checkpoint after every epoch.

    Parameters
    ----------
    train, val : list of Sample
        Fitted on, and watched.
    settings : TrainingSettings
        How.
    imagenet : Path
        Weights to start from: see `masktrain.training.network.load_imagenet`.
    checkpoint : Path
        Written after every epoch; if it is there and was made with the same settings from the
        same samples, training goes on from it.
    """

    def __init__(
        self,
        train: list[Sample],
        val: list[Sample],
        settings: TrainingSettings,
        imagenet: Path,
        checkpoint: Path,
    ) -> None:
        torch.manual_seed(settings.seed)
        self._settings = settings
        self._checkpoint = checkpoint
        # What a checkpoint must agree on to be gone on from.
        self._recipe = {"settings": asdict(settings), "samples": sha256(repr(train).encode()).hexdigest()}
        self._console = Console(stderr=True)
        self._sampler = BalancedSampler(train, len(train), settings.seed)
        crops = TrainingCrops(train, settings, Augmentation())
        batch_size = min(settings.batch_size, len(train))
        self._batches = training_loader(crops, self._sampler, batch_size, settings.workers)
        self._val = fixed_loader(val, settings, settings.workers)
        self._network = build_network()
        load_imagenet(self._network, imagenet)
        restore_batch_norm(self._network, self._first_crops())
        self._network.to(memory_format=torch.channels_last)
        self._average = AveragedModel(
            self._network,
            multi_avg_fn=get_ema_multi_avg_fn(settings.ema_decay),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )
        self._epochs_done = 0

    def fit(self) -> MobileNetV2:
        """Run both stages, or what is left of them, and return the averaged network."""
        settings = self._settings
        head = list(self._network.classifier.parameters())
        whole = list(self._network.parameters())
        stages = (
            (head, settings.head_rate, settings.head_epochs, "head"),
            (whole, settings.rate, settings.epochs, "whole network"),
        )
        saved = self._take_up_checkpoint()
        first = 0
        for parameters, rate, count, name in stages:
            epochs = range(first, first + count)
            if self._epochs_done < epochs.stop:
                self._fit_stage(name, parameters, rate, epochs, saved)
            first = epochs.stop
        network = self._average.module
        if not isinstance(network, MobileNetV2):
            raise TypeError("The averaged network is not a MobileNetV2.")
        return network

    def _fit_stage(
        self,
        name: str,
        parameters: list[nn.Parameter],
        rate: float,
        epochs: range,
        saved: dict[str, Any] | None,
    ) -> None:
        optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=self._settings.weight_decay)
        steps = max(1, len(epochs) * len(self._batches))
        schedule = OneCycleLR(optimizer, max_lr=rate, total_steps=steps, pct_start=0.2)
        frozen = len(parameters) < len(list(self._network.parameters()))
        self._network.requires_grad_(not frozen)
        self._network.classifier.requires_grad_()
        if saved is not None and epochs.start < self._epochs_done:
            optimizer.load_state_dict(saved["optimizer"])
            schedule.load_state_dict(saved["schedule"])
        for epoch in range(max(epochs.start, self._epochs_done), epochs.stop):
            self._network.train()
            if frozen:
                self._network.features.eval()
            loss = self._pass(f"{name}, epoch {epoch + 1}", epoch, optimizer, schedule)
            labels, logits = predict(self._average.module, self._val)
            score = f1_score(labels, logits.argmax(1), average="macro")
            self._console.print(f"{name}, epoch {epoch + 1}: loss {loss:.4f}, val macro-F1 {score:.4f}")
            self._epochs_done = epoch + 1
            self._save(optimizer, schedule)

    def _pass(self, title: str, epoch: int, optimizer: torch.optim.Optimizer, schedule: OneCycleLR) -> float:
        criterion = nn.CrossEntropyLoss(label_smoothing=self._settings.label_smoothing)
        self._sampler.epoch = epoch
        # Dropout must not depend on whether training was resumed.
        torch.manual_seed(self._settings.seed + 1 + epoch)
        total = 0.0
        with _progress(self._console, title, len(self._batches)) as advance:
            for pixels, labels in self._batches:
                with torch.autocast("cpu", torch.bfloat16):
                    logits = self._network(pixels.to(memory_format=torch.channels_last))
                loss = criterion(logits.float(), labels)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                schedule.step()
                self._average.update_parameters(self._network)
                total += loss.item()
                advance()
        return total / max(1, len(self._batches))

    def _first_crops(self) -> Tensor:
        """Return the pixels of the first training batches."""
        batches = []
        for pixels, _ in self._batches:
            batches.append(pixels)
            if sum(map(len, batches)) >= _CALIBRATION_CROPS:
                break
        return torch.cat(batches)

    def _save(self, optimizer: torch.optim.Optimizer, schedule: OneCycleLR) -> None:
        state = {
            "recipe": self._recipe,
            "epochs_done": self._epochs_done,
            "network": self._network.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
        }
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._checkpoint.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self._checkpoint)

    def _take_up_checkpoint(self) -> dict[str, Any] | None:
        """Load network and average from a checkpoint of the same recipe, if there is one."""
        if not self._checkpoint.is_file():
            return None
        saved: dict[str, Any] = torch.load(self._checkpoint, weights_only=True)
        if saved["recipe"] != self._recipe:
            self._console.print(f"Starting anew: {self._checkpoint} is of other settings or pictures.")
            return None
        self._network.load_state_dict(saved["network"])
        self._average.load_state_dict(saved["average"])
        self._epochs_done = int(saved["epochs_done"])
        self._console.print(f"Going on after epoch {self._epochs_done} of {self._checkpoint}.")
        return saved


def predict(
    network: nn.Module, batches: DataLoader[tuple[Tensor, int]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Run a network over fixed crops.

    Returns
    -------
    ndarray of int64, shape (n,)
        True label indices.
    ndarray of float32, shape (n, labels)
        Logits.
    """
    network.eval()
    labels, logits = [], []
    with torch.inference_mode():
        for pixels, truth in batches:
            labels.append(np.asarray(truth))
            logits.append(network(pixels.to(memory_format=torch.channels_last)).float().numpy())
    return np.concatenate(labels), np.concatenate(logits)


@contextmanager
def _progress(console: Console, title: str, total: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
