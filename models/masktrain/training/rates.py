"""The learning-rate range test: which rates a network learns at."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from masktrain.errors import TrainingError
from masktrain.training.network import learn
from masktrain.training.precision import choose_compute
from masktrain.training.preparation import Preparation
from masktrain.training.settings import TrainingSettings
from masktrain.training.steps import Steps

LOWEST, HIGHEST = 1e-6, 1.0
_LEAST_STEPS = 10
# The test ends once the loss is this many times its lowest: what follows says nothing more.
_DIVERGED = 4.0
_SMOOTHING = 0.04  # standard deviation of the curve's smoothing, as a share of its length


@dataclass(frozen=True)
class RateCurve:
    """How the loss moves as the learning rate rises.

    Attributes
    ----------
    rates, losses, smoothed : ndarray of float, shape (n,)
        Learning rate, the batch's loss, and that loss smoothed.
    """

    rates: npt.NDArray[np.float64]
    losses: npt.NDArray[np.float64]
    smoothed: npt.NDArray[np.float64]

    @property
    def suggestion(self) -> float:
        """The rate at which the smoothed loss falls fastest, on a logarithmic scale of rates."""
        end = max(2, int(np.argmin(self.smoothed)) + 1)
        slopes = np.gradient(self.smoothed[:end], np.log(self.rates[:end]))
        return float(self.rates[int(np.argmin(slopes))])

    @property
    def lowest(self) -> float:
        """The rate at which the smoothed loss is lowest; a greatest rate lies below it."""
        return float(self.rates[int(np.argmin(self.smoothed))])


def range_test(
    prepared: Preparation, settings: TrainingSettings, steps: int = 100, *, whole: bool = True
) -> RateCurve:
    """Let a network learn while the rate rises from `LOWEST` to `HIGHEST`, evenly in its logarithm.

    Parameters
    ----------
    prepared : Preparation
        Its network is spent by the test.
    settings : TrainingSettings
        As the training will have them.
    steps : int
        Batches at most; the test ends early where the loss explodes.
    whole : bool
        Whether everything learns, or the last layer only.

    Raises
    ------
    TrainingError
        If there are fewer than ten steps to judge by.

    Notes
    -----
    Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017.
    """
    if steps < _LEAST_STEPS:
        raise TrainingError(f"A range test of {steps} steps shows nothing; take 50 or more.")
    torch.manual_seed(settings.seed)
    compute = choose_compute(settings.device, settings.precision)
    network = prepared.network.to(compute.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    parameters = learn(network, settings.architecture, whole=whole, frozen_blocks=settings.frozen_blocks)
    optimizer = torch.optim.AdamW(parameters, lr=LOWEST, weight_decay=settings.weight_decay)
    stepping = Steps(network, compute, settings)
    rng = np.random.default_rng(settings.seed)
    rates, losses = np.geomspace(LOWEST, HIGHEST, steps), list[float]()
    rising = track(zip(rates.tolist(), _endless(prepared), strict=False), "Rates", steps, console=_console())
    for rate, (pixels, labels) in rising:
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss, _ = stepping.take(pixels, labels, optimizer, rng)
        if not np.isfinite(loss) or (losses and loss > _DIVERGED * min(losses)):
            break
        losses.append(loss)
    if len(losses) < _LEAST_STEPS:
        raise TrainingError(
            "The loss exploded at once: the starting weights do not suit the network's input."
        )
    taken = np.array(losses)
    return RateCurve(
        rates[: len(taken)], taken, gaussian_filter1d(taken, _SMOOTHING * len(taken), mode="nearest")
    )


def write_curve(curve: RateCurve, path: Path) -> None:
    """Write a curve as CSV: rate, loss, smoothed loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rate", "loss", "smoothed_loss"])
        writer.writerows(
            zip(curve.rates.tolist(), curve.losses.tolist(), curve.smoothed.tolist(), strict=True)
        )


def plot_curve(curve: RateCurve, path: Path, title: str) -> None:
    """Draw a curve; the file's name says whether as PNG or SVG."""
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.semilogx(curve.rates, curve.losses, color="0.75", linewidth=1.0, label="batch")
    axes.semilogx(curve.rates, curve.smoothed, color="tab:blue", label="smoothed")
    axes.axvline(
        curve.suggestion, color="tab:green", linestyle="--", label=f"falls fastest: {curve.suggestion:.1e}"
    )
    axes.axvline(curve.lowest, color="tab:red", linestyle=":", label=f"lowest: {curve.lowest:.1e}")
    axes.set(xlabel="learning rate", ylabel="loss", title=title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def _endless(prepared: Preparation) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        yield from prepared.batches
        prepared.sampler.epoch += 1


def _console() -> Console:
    return Console(stderr=True)
