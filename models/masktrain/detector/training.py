"""Trains the detector, with a checkpoint after every pass."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from rich.console import Console
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset
from torchvision.models import mobilenet_v2

from masktrain.detector.composing import Composer
from masktrain.detector.loss import Faces, detection_loss
from masktrain.detector.network import LANDMARKS, FaceNetwork
from masktrain.errors import TrainingError
from masktrain.training.checkpoint import averaged_weights, save
from masktrain.training.folded import restore_batch_norm
from masktrain.training.precision import choose_compute
from masktrain.training.weights import load_exactly, load_start, read_tensors

_CALIBRATION_PICTURES = 192
_MOST_NORM = 10.0


@dataclass(frozen=True)
class DetectorSettings:
    """How the detector is trained.

    Attributes
    ----------
    passes : int
        Each of ``steps`` batches.
    steps, batch_size : int
        Batches of a pass, and pictures of a batch.
    rate : float
        Peak of the one-cycle schedule (AdamW).
    weight_decay, ema_decay : float
        Of AdamW, and of the running average of the weights.
    frozen_blocks : int
        First blocks of the trunk that stay as ImageNet taught them.
    seed : int
        Decides every picture.
    """

    passes: int = 32
    steps: int = 200
    batch_size: int = 16
    rate: float = 2e-3
    weight_decay: float = 1e-2
    ema_decay: float = 0.995
    frozen_blocks: int = 4
    seed: int = 0


class _Pictures(Dataset[tuple[Tensor, Faces]]):
    """Composed pictures: the item of an index depends on it and the seed alone."""

    def __init__(self, composer: Composer, count: int, seed: int, start: int) -> None:
        self._composer = composer
        self._count = count
        self._seed = seed
        self._start = start

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[Tensor, Faces]:
        picture = self._composer.compose(np.random.default_rng((self._seed, self._start + index)))
        points = picture.points.reshape(-1, 2 * LANDMARKS)
        faces = Faces(*(torch.from_numpy(known) for known in (picture.boxes, picture.ignored, points)))
        return torch.from_numpy(picture.rgb).permute(2, 0, 1), faces


def _collate(items: Sequence[tuple[Tensor, Faces]]) -> tuple[Tensor, list[Faces]]:
    return torch.stack([pixels for pixels, _ in items]), [faces for _, faces in items]


def normalise(pixels: Tensor) -> Tensor:
    """Take uint8 values to -1..1, as the ImageNet weights expect."""
    return pixels.float() / 127.5 - 1.0


class DetectorTrainer:
    """Trains one network.

    Parameters
    ----------
    composer : Composer
        Makes the pictures.
    settings : DetectorSettings
        How.
    weights : str or Path
        ImageNet weights of MobileNetV2: see `masktrain.training.weights.load_start`.
    checkpoint : Path
        Written after every pass; gone on from if it was made with the same settings.
    workers : int
        Processes that compose pictures.
    initial : Path, optional
        An earlier checkpoint whose averaged network to start from instead of ``weights``.

    Raises
    ------
    TrainingError
        If the weights are not there or do not fit.
    """

    def __init__(
        self,
        composer: Composer,
        settings: DetectorSettings,
        weights: str | Path,
        checkpoint: Path,
        *,
        workers: int = 2,
        initial: Path | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self._composer = composer
        self._settings = settings
        self._checkpoint = checkpoint
        self._workers = workers
        self._console = Console(stderr=True)
        self._compute = choose_compute("cpu", "auto")
        if initial is not None:
            network = read_detector(initial)
        else:
            network = FaceNetwork()
            self._load_trunk(network, weights)
        self._network = network.to(memory_format=torch.channels_last)
        self._average = AveragedModel(
            self._network,
            multi_avg_fn=get_ema_multi_avg_fn(settings.ema_decay),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )

    def fit(self) -> FaceNetwork:
        """Run all passes, or what is left of them, and return the averaged network."""
        settings = self._settings
        learning = [parameter for parameter in self._learn() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(learning, lr=settings.rate, weight_decay=settings.weight_decay)
        total = settings.passes * settings.steps
        schedule = OneCycleLR(optimizer, max_lr=settings.rate, total_steps=total + 1, pct_start=0.1)
        done = self._take_up(optimizer, schedule)
        for number in range(done, settings.passes):
            started = perf_counter()
            loss = self._pass(number, optimizer, schedule)
            state = {
                "settings": asdict(settings),
                "passes_done": number + 1,
                "network": self._network.state_dict(),
                "average": self._average.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
            }
            save(state, self._checkpoint)
            self._console.print(
                f"Pass {number + 1} of {settings.passes}: loss {loss:.3f}, {perf_counter() - started:.0f} s",
                highlight=False,
            )
        return read_detector(self._checkpoint)

    def _pass(self, number: int, optimizer: torch.optim.Optimizer, schedule: OneCycleLR) -> float:
        self._learn()
        total = 0.0
        for pixels, faces in self._batches(number):
            height, width = pixels.shape[2:]
            inputs = normalise(pixels).contiguous(memory_format=torch.channels_last)
            with self._compute.autocast():
                outputs = self._network(inputs)
            loss = detection_loss(outputs, faces, height, width)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self._network.parameters(), _MOST_NORM)
            optimizer.step()
            schedule.step()
            self._average.update_parameters(self._network)
            total += loss.item()
        return total / self._settings.steps

    def _batches(self, number: int) -> Iterator[tuple[Tensor, list[Faces]]]:
        count = self._settings.steps * self._settings.batch_size
        pictures = _Pictures(self._composer, count, self._settings.seed, number * count)
        return iter(
            DataLoader(
                pictures,
                self._settings.batch_size,
                num_workers=self._workers,
                collate_fn=_collate,
            )
        )

    def _learn(self) -> list[nn.Parameter]:
        """Put the network into training mode, all but the frozen blocks."""
        self._network.train()
        for block in self._network.trunk[: self._settings.frozen_blocks]:
            block.eval().requires_grad_(requires_grad=False)
        return list(self._network.parameters())

    def _load_trunk(self, network: FaceNetwork, weights: str | Path) -> None:
        whole = mobilenet_v2(weights=None)
        start = load_start(whole, "mobilenet_v2", weights)
        if start.folded:
            count = _CALIBRATION_PICTURES
            pictures = _Pictures(self._composer, count, self._settings.seed + 1, 0)
            restore_batch_norm(whole, normalise(torch.stack([pictures[i][0] for i in range(count)])))
        network.trunk.load_state_dict(whole.features[: len(network.trunk)].state_dict())

    def _take_up(self, optimizer: torch.optim.Optimizer, schedule: OneCycleLR) -> int:
        if not self._checkpoint.is_file():
            return 0
        saved = read_tensors(self._checkpoint)
        if saved.get("settings") != asdict(self._settings):
            self._checkpoint.replace(self._checkpoint.with_name(self._checkpoint.name + ".old"))
            return 0
        self._network.load_state_dict(saved["network"])
        self._average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        done: int = saved["passes_done"]
        self._console.print(f"Going on after pass {done} of {self._checkpoint}.", highlight=False)
        return done


def read_detector(checkpoint: Path) -> FaceNetwork:
    """Return the averaged network of a checkpoint, in evaluation mode.

    Raises
    ------
    TrainingError
        If the file is no checkpoint, or one of another network.
    """
    saved = read_tensors(checkpoint)
    if "average" not in saved or "passes_done" not in saved:
        raise TrainingError(f"{checkpoint} is no checkpoint of the detector.")
    network = FaceNetwork()
    load_exactly(network, averaged_weights(saved), str(checkpoint))
    return network.eval()
