"""What a network starts from: ImageNet weights out of a file or the internet, or an earlier training."""

import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from zipfile import BadZipFile

import torch
from torch import Tensor, nn
from torchvision.models import WeightsEnum

from masktrain.errors import TrainingError
from masktrain.options import IMAGENET
from masktrain.training.architectures import DEFAULT_ARCHITECTURE, Architecture, find_architecture
from masktrain.training.folded import load_folded
from masktrain.training.network import MEAN, STD, Triple

DOWNLOAD = "imagenet"
"""Asks for torchvision's ImageNet weights, fetched and kept in torch's own cache."""

RANDOM = "none"
"""Asks for random weights."""

# Torchvision's DenseNet files are older than its code and spell some layers "norm.1" for "norm1".
_DENSE_LAYER = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")

State = Mapping[str, Tensor]
Fetch = Callable[[WeightsEnum], State]


@dataclass(frozen=True)
class Start:
    """What came of loading.

    Attributes
    ----------
    mean, std : tuple of float
        The normalisation that the weights expect, per channel, RGB, for values in 0..1.
    folded : bool
        Whether batch normalisation is folded into the convolutions: such a network computes the
        right thing but cannot be trained before `masktrain.training.folded.restore_batch_norm`.
    """

    mean: Triple
    std: Triple
    folded: bool = False


def fetch(weights: WeightsEnum) -> State:
    """Download torchvision's weights, or take them from torch's cache, and check their checksum."""
    state: State = weights.get_state_dict(progress=True, check_hash=True)
    return state


def load_start(network: nn.Module, architecture: str, source: str | Path, fetch: Fetch = fetch) -> Start:
    """Put the weights that a source offers into a network, all but those of its last layer.

    Parameters
    ----------
    network : nn.Module
        Of that architecture, changed in place.
    architecture : str
        Its name.
    source : str or Path
        An ``.npz`` with folded MobileNetV2 weights, torchvision's ``.pth`` of the architecture, a
        folder that holds one of them under its own name, `DOWNLOAD` or `RANDOM`.
    fetch : callable
        How torchvision's weights are got.

    Raises
    ------
    TrainingError
        If there are no such weights, or they do not fit the architecture.
    """
    kind = find_architecture(architecture)
    transforms = kind.weights.transforms()
    start = Start(tuple(transforms.mean), tuple(transforms.std))
    if source == RANDOM:
        return start
    if source == DOWNLOAD:
        _load_backbone(network, kind, _download(kind, fetch), f"torchvision's weights of {kind.name}")
        return start
    path = _weights_file(Path(source), kind)
    if path.suffix != ".npz":
        _load_backbone(network, kind, read_tensors(path), str(path))
        return start
    if kind.name != DEFAULT_ARCHITECTURE:
        raise TrainingError(f"{path} is for {DEFAULT_ARCHITECTURE}; {kind.name} needs {_published(kind)}.")
    try:
        load_folded(network, path)
    except (ValueError, KeyError, BadZipFile) as error:
        raise TrainingError(f"{path} does not hold weights of {kind.name}: {error}") from error
    return Start(MEAN, STD, folded=True)


def has_weights(architecture: str, folder: Path) -> bool:
    """Tell whether a folder holds weights that an architecture can start from."""
    return any((folder / name).is_file() for name in _file_names(find_architecture(architecture)))


def read_tensors(path: Path) -> dict[str, Any]:
    """Read a file written by `torch.save`, without running code that may be in it.

    Raises
    ------
    TrainingError
        If it is no such file, or holds more than tensors and plain values.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise TrainingError(f"{path} is no file of weights: {str(error).splitlines()[0]}") from error
    if not isinstance(content, dict):
        raise TrainingError(f"{path} holds no table of weights; save the network's state_dict().")
    return content


def load_exactly(network: nn.Module, state: State, origin: str) -> None:
    """Put a complete set of weights into a network, its last layer included.

    Raises
    ------
    TrainingError
        If a layer is missing, unknown or of another shape.
    """
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise _misfit(origin, str(error)) from error


def _load_backbone(network: nn.Module, kind: Architecture, state: State, origin: str) -> None:
    last, _ = kind.last_layer(network)
    kept = {
        _DENSE_LAYER.sub(r"\1\2", name): value
        for name, value in state.items()
        if not name.startswith(f"{last}.")
    }
    try:
        result = network.load_state_dict(kept, strict=False)
    except RuntimeError as error:
        raise _misfit(origin, str(error)) from error
    wrong = [name for name in result.missing_keys if not name.startswith(f"{last}.")] + result.unexpected_keys
    if wrong:
        raise _misfit(origin, f"{len(wrong)} layers are missing or unknown, the first {wrong[0]}")


def _misfit(origin: str, reason: str) -> TrainingError:
    lines = [line.strip() for line in reason.splitlines()]
    return TrainingError(f"{origin}: the weights do not fit the architecture: {' '.join(lines[:2])}.")


def _download(kind: Architecture, fetch: Fetch) -> State:
    try:
        return fetch(kind.weights)
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise TrainingError(
            f"The ImageNet weights of {kind.name} could not be downloaded ({reason}). "
            f"Fetch {_published(kind)} elsewhere and name the file, or its folder, with --weights."
        ) from error
    except RuntimeError as error:  # torch says so of a file whose checksum is wrong
        raise TrainingError(f"The downloaded ImageNet weights of {kind.name} are damaged: {error}") from error


def _published(kind: Architecture) -> str:
    digest = kind.weights_file.removesuffix(".pth").rsplit("-", 1)[-1]
    return f"{kind.weights_file} (from {kind.weights.url}, its sha256 begins with {digest})"


def _file_names(kind: Architecture) -> list[str]:
    folded = [IMAGENET] if kind.name == DEFAULT_ARCHITECTURE else []
    return [*folded, kind.weights_file, f"{kind.name}.pth"]


def _weights_file(source: Path, kind: Architecture) -> Path:
    if source.is_file():
        return source
    names = _file_names(kind)
    found = [source / name for name in names if (source / name).is_file()]
    if found:
        return found[0]
    what = f"{source} holds neither {' nor '.join(names)}" if source.is_dir() else f"There is no {source}"
    raise TrainingError(
        f"{what}. Put {_published(kind)} there, or give --weights {DOWNLOAD} to download it, "
        f"or --weights {RANDOM} to start from nothing."
    )
