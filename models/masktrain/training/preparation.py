"""Gets ready what learning needs: a network with its starting weights, and batches of crops."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.errors import TrainingError
from masktrain.training.checkpoint import load_initial, state_digest
from masktrain.training.folded import restore_batch_norm
from masktrain.training.loading import BalancedSampler, TrainingCrops, training_loader
from masktrain.training.network import InputFormat, build_network
from masktrain.training.settings import TrainingSettings
from masktrain.training.weights import RANDOM, load_start

_CALIBRATION_CROPS = 512


@dataclass(frozen=True)
class Preparation:
    """What a training works with.

    Attributes
    ----------
    network : nn.Module
        Ready to learn, on the CPU.
    spec : InputFormat
        What it wants to be fed.
    start : str
        Digest of the weights it starts from, the random last layer included.
    sampler : BalancedSampler
        Draws the crops; set its ``epoch`` before each pass.
    batches : DataLoader
        Of training crops.
    """

    network: nn.Module
    spec: InputFormat
    start: str
    sampler: BalancedSampler
    batches: DataLoader[tuple[Tensor, int]]


def prepare(
    samples: Sequence[Sample],
    settings: TrainingSettings,
    weights: str | Path,
    initial: Path | None,
    augmentation: Augmentation,
) -> Preparation:
    """Build a network, load what it starts from, and set up its batches.

    Parameters
    ----------
    samples : sequence of Sample
        Fitted on.
    settings : TrainingSettings
        How.
    weights : str or Path
        ImageNet weights: see `masktrain.training.weights.load_start`.
    initial : Path, optional
        An earlier training's network to go on from instead: see
        `masktrain.training.checkpoint.load_initial`.
    augmentation : Augmentation
        What is done to the crops.

    Raises
    ------
    TrainingError
        If the weights are not there or do not fit, or are random and partly never to learn.
    """
    if weights == RANDOM and initial is None and settings.frozen_blocks:
        raise TrainingError("Blocks of random weights must learn: train with --frozen-blocks 0.")
    torch.manual_seed(settings.seed)
    network = build_network(settings.architecture)
    folded = False
    if initial is not None:
        earlier = load_initial(network, settings.architecture, initial)
        mean, std = earlier.mean, earlier.std
    else:
        start = load_start(network, settings.architecture, weights)
        mean, std, folded = start.mean, start.std, start.folded
    spec = InputFormat(settings.input_size, mean, std)
    digest = state_digest(network)
    sampler = BalancedSampler(samples, len(samples), settings.seed)
    crops = TrainingCrops(samples, spec, augmentation)
    batches = training_loader(crops, sampler, min(settings.batch_size, len(samples)), settings.workers)
    if folded:
        restore_batch_norm(network, _first_crops(batches))
    return Preparation(network, spec, digest, sampler, batches)


def _first_crops(batches: DataLoader[tuple[Tensor, int]]) -> Tensor:
    """Return the pixels of the first training batches."""
    taken: list[Tensor] = []
    for pixels, _ in batches:
        taken.append(pixels)
        if sum(map(len, taken)) >= _CALIBRATION_CROPS:
            break
    return torch.cat(taken)
