"""The file a training leaves after every epoch, to be gone on from or taken over."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import nn

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.errors import TrainingError
from masktrain.training.architectures import DEFAULT_ARCHITECTURE, find_architecture
from masktrain.training.loading import LABEL_SHARES
from masktrain.training.network import InputFormat, build_network
from masktrain.training.settings import TrainingSettings
from masktrain.training.weights import load_exactly, read_tensors

State = dict[str, Any]
_AVERAGED = "module."  # what AveragedModel puts before the names of the network it averages


@dataclass(frozen=True)
class TrainedNetwork:
    """A network as an earlier training left it: the running average of its weights.

    Attributes
    ----------
    network : nn.Module
        In evaluation mode, on the CPU.
    architecture : str
        Its name.
    spec : InputFormat
        What it wants to be fed.
    """

    network: nn.Module
    architecture: str
    spec: InputFormat


def make_recipe(
    settings: TrainingSettings, samples: Sequence[Sample], augmentation: Augmentation, start: str
) -> dict[str, object]:
    """Return all that decides what a training comes to.

    Two trainings of one recipe on one machine leave the same network, and one can go on from the
    other's checkpoint. Where and with how many processes it is computed is no part of it.
    """
    decisive = asdict(settings)
    for name in ("workers", "device"):
        del decisive[name]
    used = [(s.path.as_posix(), s.label, s.source, s.box, s.face) for s in samples]
    return {
        "settings": decisive,
        "samples": sha256(repr(used).encode()).hexdigest(),
        "augmentation": _describe(augmentation),
        "label shares": dict(LABEL_SHARES),
        "starting weights": start,
    }


def _describe(value: object) -> object:
    """Return a value's numbers, nested as it is, that are the same in every run.

    Of what holds more than numbers, such as masks of other pictures, only the kind is told: it is
    made from the samples.
    """
    if is_dataclass(value):
        return {field.name: _describe(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [_describe(item) for item in value]
    return value if isinstance(value, str | int | float | None) else type(value).__name__


def state_digest(network: nn.Module) -> str:
    """Return the sha256 of all of a network's weights and statistics."""
    digest = sha256()
    for name, value in network.state_dict().items():
        digest.update(name.encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def save(state: State, path: Path) -> None:
    """Write a checkpoint in one step, so that an interruption leaves the one before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def take_up(path: Path, recipe: dict[str, object]) -> tuple[State | None, str]:
    """Read a checkpoint to go on from, if there is one of the same recipe.

    One of another recipe is kept under another name, for hours may have gone into it.

    Returns
    -------
    dict or None
        The checkpoint's content.
    str
        What to tell the person who waits; empty where there is no checkpoint.

    Raises
    ------
    TrainingError
        If the file is no checkpoint.
    """
    if not path.is_file():
        return None, ""
    saved = read_tensors(path)
    if saved.get("recipe") == recipe:
        return saved, f"Going on after epoch {saved['epochs_done']} of {path}."
    other = saved.get("recipe", {})
    differing = ", ".join(name for name, value in recipe.items() if other.get(name) != value)
    kept = path.with_name(path.name + ".old")
    path.replace(kept)
    return None, f"Starting anew: {path} is of other {differing}. It is kept as {kept}."


def read_trained(path: Path) -> TrainedNetwork:
    """Return the averaged network of a checkpoint.

    Raises
    ------
    TrainingError
        If the file is no checkpoint, or its weights do not fit its architecture.
    """
    saved = read_tensors(path)
    if "average" not in saved:
        raise TrainingError(f"{path} is no checkpoint of a training.")
    architecture = saved.get("architecture", DEFAULT_ARCHITECTURE)
    network = build_network(architecture)
    load_exactly(network, averaged_weights(saved), str(path))
    return TrainedNetwork(network.eval(), architecture, _input_format(saved))


def load_initial(network: nn.Module, architecture: str, path: Path) -> InputFormat:
    """Put an earlier training's weights, the last layer included, into a network.

    Parameters
    ----------
    network : nn.Module
        Of that architecture, changed in place.
    architecture : str
        Its name.
    path : Path
        A checkpoint, whose averaged network is taken, or a ``state_dict`` of the architecture
        with our labels, which is taken to want torchvision's normalisation.

    Returns
    -------
    InputFormat
        The normalisation the weights expect, and the input size they were trained at (that of a
        ``state_dict`` is unknown, and given as 0 x 0).

    Raises
    ------
    TrainingError
        If they are of another architecture.
    """
    saved = read_tensors(path)
    if "average" not in saved:
        load_exactly(network, saved, str(path))
        transforms = find_architecture(architecture).weights.transforms()
        return InputFormat((0, 0), tuple(transforms.mean), tuple(transforms.std))
    of = saved.get("architecture", DEFAULT_ARCHITECTURE)
    if of != architecture:
        raise TrainingError(f"{path} holds a {of}, not a {architecture}: name it with --architecture.")
    load_exactly(network, averaged_weights(saved), str(path))
    return _input_format(saved)


def averaged_weights(saved: State) -> State:
    """Return the running average of the weights in a checkpoint, under the network's own names."""
    return {
        name.removeprefix(_AVERAGED): value
        for name, value in saved["average"].items()
        if name.startswith(_AVERAGED)
    }


def _input_format(saved: State) -> InputFormat:
    if "input" not in saved:  # written before weights had a normalisation of their own
        return InputFormat(tuple(saved["recipe"]["settings"]["input_size"]))
    return InputFormat(**{name: tuple(value) for name, value in saved["input"].items()})
