"""What a comparison of architectures is made of: trainings to be done, and what they came to."""

from dataclasses import dataclass
from pathlib import Path

from masktrain.training.architectures import ARCHITECTURES, Architecture
from masktrain.training.settings import MODES, Mode, TrainingSettings
from masktrain.training.weights import DOWNLOAD, RANDOM, has_weights

FROM_SCRATCH = ("mobilenet_v3_small", "resnet18")
"""Small enough to be trained from random weights, where no ImageNet weights are at hand."""


@dataclass(frozen=True)
class Entry:
    """One training of the comparison.

    Attributes
    ----------
    architecture : str
        Its name.
    mode : str
        ``extractor`` or ``finetune``.
    weights : str
        What it starts from: see `masktrain.training.weights.load_start`.
    """

    architecture: str
    mode: Mode
    weights: str

    @property
    def from_scratch(self) -> bool:
        """Whether it starts from random weights."""
        return self.weights == RANDOM

    @property
    def key(self) -> str:
        """A name for its files."""
        return f"{self.architecture}-{self.mode}" + ("-from-scratch" if self.from_scratch else "")


@dataclass(frozen=True)
class Row:
    """What a training came to.

    Attributes
    ----------
    architecture, mode, weights : str
        See `Entry`; ``weights`` is told as the table shows it.
    size, epochs, seed, crops : int
        Input side in pixels, passes of the main stage, seed, and number of training crops.
    accuracy : float
        Over all labels on val, 0 to 1.
    macro_f1, precision, recall : float
        Means over the three face labels on val, 0 to 1.
    megabytes : float
        Of the exported file, fp32.
    seconds : float
        All epochs took, on whatever else the machine did meanwhile.
    energy_kwh : float or None
        Used meanwhile, where it was metered.
    command : str
        What made the row.
    """

    architecture: str
    mode: Mode
    weights: str
    size: int
    epochs: int
    seed: int
    crops: int
    accuracy: float
    macro_f1: float
    precision: float
    recall: float
    megabytes: float
    seconds: float
    energy_kwh: float | None
    command: str

    def fits(self, settings: TrainingSettings, crops: int) -> bool:
        """Tell whether it was made with these settings from as many crops."""
        wanted = (settings.input_size[0], settings.epochs, settings.seed, crops)
        return (self.size, self.epochs, self.seed, self.crops) == wanted


def plan(weights: Path, *, download: bool, from_scratch: bool) -> tuple[list[Entry], list[Architecture]]:
    """Decide what can be trained.

    Parameters
    ----------
    weights : Path
        Folder with ImageNet weights.
    download : bool
        Whether to download those that are not there.
    from_scratch : bool
        Whether to train `FROM_SCRATCH` from random weights where theirs are not there.

    Returns
    -------
    list of Entry
        In the order of the table.
    list of Architecture
        Those that have no ImageNet weights to start from.
    """
    entries: list[Entry] = []
    missing = []
    for name, kind in ARCHITECTURES.items():
        if download or has_weights(name, weights):
            source = str(weights) if has_weights(name, weights) else DOWNLOAD
            entries += [Entry(name, mode, source) for mode in reversed(MODES)]
            continue
        missing.append(kind)
        if from_scratch and name in FROM_SCRATCH:
            # The features of random weights are of no use to a last layer alone.
            entries.append(Entry(name, "finetune", RANDOM))
    return entries, missing
