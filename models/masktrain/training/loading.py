"""Feeds the network: balanced random training crops, and the fixed crops of an evaluation."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from maskservice.modelcard import LABELS, Label
from maskservice.preprocessing import InputSpec, to_tensor
from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.framing import CROP_MARGIN, cut_crop

LABEL_SHARES: dict[Label, float] = {
    "with_mask": 0.29,
    "incorrect_mask": 0.13,
    "without_mask": 0.45,
    "not_face": 0.13,
}
"""Share of each label among the training crops, before masks are put on bare faces."""

Batch = tuple[Tensor, Tensor]
"""Pixels, float32 (N, 3, H, W), and label indices, int64 (N,)."""


class TrainingCrops(Dataset[tuple[Tensor, int]]):
    """Random crops: an item is asked for by ``(index, seed)`` and depends on nothing else."""

    def __init__(self, samples: Sequence[Sample], spec: InputSpec, augmentation: Augmentation) -> None:
        self._samples = samples
        self._spec = spec
        self._augmentation = augmentation

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        """Return one crop as a tensor, and its label's index."""
        index, seed = key
        sample = self._samples[index]
        crop, label = self._augmentation.apply(sample.load(), sample, np.random.default_rng(seed))
        return torch.from_numpy(to_tensor(crop, self._spec)), LABELS.index(label)


class FixedCrops(Dataset[tuple[Tensor, int]]):
    """Crops cut with the box and margin, exactly as a client would send them uncompressed."""

    def __init__(self, samples: Sequence[Sample], spec: InputSpec) -> None:
        self._samples = samples
        self._spec = spec

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self._samples)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Return one crop as a tensor, and its label's index."""
        sample = self._samples[index]
        crop = cut_crop(sample.load(), sample.box, CROP_MARGIN)
        return torch.from_numpy(to_tensor(crop, self._spec)), LABELS.index(sample.label)


class BalancedSampler(Sampler[tuple[int, int]]):
    """Draws samples so that labels keep `LABEL_SHARES` and no source dominates a label.

    Within a label each source counts by the square root of its size, for a source that supplies
    most of one label would otherwise be learnt in the label's stead.

    Parameters
    ----------
    samples : sequence of Sample
        What to draw from.
    count : int
        Draws per epoch.
    seed : int
        With ``epoch``, decides every draw and every crop's augmentation.
    """

    def __init__(self, samples: Sequence[Sample], count: int, seed: int) -> None:
        sizes = Counter((sample.label, sample.source) for sample in samples)
        totals: defaultdict[Label, float] = defaultdict(float)
        for (label, _), size in sizes.items():
            totals[label] += size**0.5
        weights = np.array(
            [LABEL_SHARES[s.label] / totals[s.label] / sizes[s.label, s.source] ** 0.5 for s in samples]
        )
        self._odds = weights / weights.sum()
        self._count = count
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        """Return the number of draws per epoch."""
        return self._count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield ``(index, seed)`` for each draw of the current epoch."""
        rng = np.random.default_rng((self._seed, self.epoch))
        indices = rng.choice(len(self._odds), self._count, p=self._odds)
        seeds = rng.integers(0, 2**63, self._count)
        return zip(indices.tolist(), seeds.tolist(), strict=True)


def training_loader(
    dataset: TrainingCrops, sampler: BalancedSampler, batch_size: int, workers: int
) -> DataLoader[tuple[Tensor, int]]:
    """Make a loader of training batches; set ``sampler.epoch`` before each pass."""
    return DataLoader(
        dataset,
        batch_size,
        sampler=sampler,
        num_workers=workers,
        drop_last=True,
        persistent_workers=workers > 0,  # what augmentation has prepared in them is kept
    )


def fixed_loader(
    samples: Sequence[Sample], spec: InputSpec, workers: int, batch_size: int = 128
) -> DataLoader[tuple[Tensor, int]]:
    """Make a loader of evaluation batches in the order of the samples."""
    return DataLoader(FixedCrops(samples, spec), batch_size, num_workers=workers)
