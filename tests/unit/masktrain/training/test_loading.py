from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from maskservice.modelcard import LABELS
from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample, read_samples
from masktrain.training.loading import (
    LABEL_SHARES,
    BalancedSampler,
    FixedCrops,
    TrainingCrops,
    fixed_loader,
    training_loader,
)
from masktrain.training.network import InputFormat

SPEC = InputFormat((32, 32))


@pytest.fixture
def uneven(bare: Sample) -> list[Sample]:
    """Labels and sources of very different size."""
    sizes = {
        ("with_mask", "a"): 400,
        ("with_mask", "b"): 100,
        ("incorrect_mask", "a"): 10,
        ("without_mask", "a"): 300,
        ("not_face", "b"): 50,
    }
    return [
        replace(bare, label=label, source=source)  # type: ignore[arg-type]
        for (label, source), size in sizes.items()
        for _ in range(size)
    ]


def test_labels_keep_their_shares_whatever_their_size(uneven: list[Sample]) -> None:
    draws = [index for index, _ in BalancedSampler(uneven, 20_000, seed=1)]
    labels = Counter(uneven[index].label for index in draws)
    for label, share in LABEL_SHARES.items():
        assert labels[label] / 20_000 == pytest.approx(share, abs=0.015)


def test_sources_count_by_the_square_root_of_their_size(uneven: list[Sample]) -> None:
    draws = [uneven[index] for index, _ in BalancedSampler(uneven, 20_000, seed=1)]
    sources = Counter(sample.source for sample in draws if sample.label == "with_mask")
    assert sources["a"] / sources["b"] == pytest.approx(2.0, rel=0.1)


def test_epochs_differ_and_repeat(uneven: list[Sample]) -> None:
    sampler = BalancedSampler(uneven, 50, seed=1)
    first = list(sampler)
    assert first == list(sampler)
    sampler.epoch = 1
    assert first != list(sampler)
    assert len(sampler) == 50


def test_training_crop_depends_on_its_key_alone(data: Path) -> None:
    crops = TrainingCrops(read_samples(data, ("train",)), SPEC, Augmentation())
    again, other = crops[(0, 7)][0], crops[(0, 8)][0]
    assert torch.equal(crops[(0, 7)][0], again)
    assert not torch.equal(again, other)
    assert again.shape == (3, 32, 32)


def test_loaders_yield_batches(data: Path) -> None:
    samples = read_samples(data, ("train",))
    crops = TrainingCrops(samples, SPEC, Augmentation())
    batches = list(training_loader(crops, BalancedSampler(samples, 10, 0), 4, workers=0))
    assert [len(labels) for _, labels in batches] == [4, 4]
    (pixels, labels), *rest = fixed_loader(samples, SPEC, workers=0)
    assert not rest
    assert pixels.shape == (12, 3, 32, 32)
    assert [LABELS[index] for index in labels] == [sample.label for sample in samples]
    assert len(FixedCrops(samples, SPEC)) == 12
