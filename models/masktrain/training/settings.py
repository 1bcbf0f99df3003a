"""How a model is trained."""

from dataclasses import dataclass
from typing import Literal, get_args

from masktrain.errors import TrainingError
from masktrain.training.architectures import DEFAULT_ARCHITECTURE, find_architecture

Mode = Literal["finetune", "extractor"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class Stage:
    """A run of epochs under one schedule.

    Attributes
    ----------
    name : str
        What the console calls it.
    whole : bool
        Whether everything learns, or the last layer only.
    rate : float
        Greatest learning rate.
    epochs : range
        Their numbers, counted from 0 over all stages.
    """

    name: str
    whole: bool
    rate: float
    epochs: range


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Attributes
    ----------
    input_size : tuple of int
        Height and width of the input in pixels.
    architecture : str
        A name of `masktrain.training.architectures.ARCHITECTURES`.
    mode : str
        ``finetune``: first the last layer learns, then the whole network. ``extractor``: only
        the last layer learns, for ``epochs`` passes.
    frozen_blocks : int
        How many of the backbone's first parts never learn; see `masktrain.training.network.learn`.
    head_epochs, epochs : int
        Passes with the backbone frozen, and with everything learning.
    batch_size : int
        Crops per step; fewer if there are not as many.
    head_rate, rate : float
        Greatest learning rate of each stage (one-cycle schedule; Smith and Topin, 2018).
    weight_decay : float
        Of AdamW (Loshchilov and Hutter, 2019).
    label_smoothing : float
        Share of the target spread over all labels (Szegedy et al., CVPR 2016).
    mixup : float
        Alpha of the Beta distribution that pairs of crops are mixed by (Zhang et al., ICLR 2018);
        0 mixes none.
    ema_decay : float
        Of the running average of the weights, which is what is evaluated and exported.
    seed : int
        Decides the draws, the augmentation and the last layer's start.
    workers : int
        Processes that prepare crops.
    device : str
        ``auto``, ``cpu`` or ``cuda``; see `masktrain.training.precision.choose_compute`.
    precision : str
        ``auto``, ``fp32``, ``bf16`` or ``fp16``; see the same.

    Raises
    ------
    TrainingError
        If a number makes no sense, or the architecture or mode does not exist.
    """

    input_size: tuple[int, int] = (128, 128)
    architecture: str = DEFAULT_ARCHITECTURE
    mode: Mode = "finetune"
    frozen_blocks: int = 3
    head_epochs: int = 1
    epochs: int = 14
    batch_size: int = 64
    head_rate: float = 3e-3
    rate: float = 1.2e-3
    weight_decay: float = 0.03
    label_smoothing: float = 0.05
    mixup: float = 0.0
    ema_decay: float = 0.998
    seed: int = 7
    workers: int = 2
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        find_architecture(self.architecture)
        if self.mode not in MODES:
            raise TrainingError(f"There is no mode {self.mode!r}. Choose one of {', '.join(MODES)}.")
        # Batch normalisation needs two crops, and the networks halve their input five times.
        least = {"batch size": (self.batch_size, 2), "input size": (min(self.input_size), 32)}
        for name, (value, bound) in least.items():
            if value < bound:
                raise TrainingError(f"The {name} is {value}; it must be at least {bound}.")
        if min(self.head_epochs, self.epochs, self.workers, self.mixup, self.frozen_blocks) < 0:
            raise TrainingError("Epochs, workers, mixup and frozen blocks must not be negative.")
        if min(self.head_rate, self.rate) <= 0:
            raise TrainingError("Learning rates must be above 0.")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What is trained when."""
        if self.mode == "extractor":
            return (Stage("head", whole=False, rate=self.head_rate, epochs=range(self.epochs)),)
        end = self.head_epochs + self.epochs
        return (
            Stage("head", whole=False, rate=self.head_rate, epochs=range(self.head_epochs)),
            Stage("whole network", whole=True, rate=self.rate, epochs=range(self.head_epochs, end)),
        )
