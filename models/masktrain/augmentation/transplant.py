"""Moves real masks from the faces that wear them onto bare faces.

A drawn mask shows what a mask is; a real one shows how cloth looks to a camera. A mask is cut out
with GrabCut (Rother, Kolmogorov and Blake, "GrabCut", SIGGRAPH 2004) in face coordinates, where
all faces lie alike, and is laid on another face as any placement wants it. So that the seam does
not tell a label, the lower half of another bare face is pasted in the same way: see
`Transplant.decoy`.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from itertools import islice, zip_longest
from typing import Literal

import numpy as np
from PIL import Image

from maskservice.modelcard import Label
from masktrain.augmentation.cutout import Patch, cut_face, cut_mask
from masktrain.augmentation.draw import draw_mask
from masktrain.augmentation.style import Placement, random_style
from masktrain.augmentation.wearing import wear
from masktrain.dataset.samples import Sample
from masktrain.geometry import FaceGeometry

_Part = Literal["mask", "face"]
_WORN: tuple[Placement, ...] = ("well", "under_nose", "on_chin")
# Donors are looked at from the front, and large enough to be seen sharply on another face.
_LARGEST_TURN = 0.3
_LEAST_EYE_DISTANCE = 20.0
_TRIES = 5
_SEED = 0


class Transplant:
    """Puts masks of some training faces onto others.

    Patches are cut when they are first wanted and kept, in each worker by itself: a copy that is
    pickled to a worker starts empty, one that is forked keeps what `warm` has cut.

    Parameters
    ----------
    donors : sequence of Sample
        Faces whose masks are taken: those of train with the label ``with_mask`` and landmarks that
        are seen from the front and are large enough. The others are passed over.
    bare : sequence of Sample
        Faces for decoys: likewise, with the label ``without_mask``.
    pool : int
        How many donors, and how many bare faces, are used at most: the sources take turns. One
        patch takes 64 kB.
    """

    def __init__(self, donors: Sequence[Sample], bare: Sequence[Sample], pool: int = 1200) -> None:
        self._donors = _choose(donors, "with_mask", pool)
        self._bare = _choose(bare, "without_mask", pool)
        self._capacity = 2 * pool
        self._patches: OrderedDict[tuple[_Part, int], Patch | None] = OrderedDict()

    def __bool__(self) -> bool:
        """Whether there is any mask to take."""
        return bool(self._donors)

    def __getstate__(self) -> dict[str, object]:
        """Leave the patches behind: a worker cuts its own."""
        return {**self.__dict__, "_patches": OrderedDict()}

    def warm(self) -> int:
        """Cut all masks at once, so that forked workers share them; return how many could be cut."""
        return sum(self._patch("mask", index) is not None for index in range(len(self._donors)))

    def apply(
        self, picture: Image.Image, face: FaceGeometry, placement: Placement, rng: np.random.Generator
    ) -> Image.Image:
        """Put a real mask on a bare face.

        Parameters
        ----------
        picture : PIL.Image.Image
            Mode ``RGB``; not changed.
        face : FaceGeometry
            Landmarks in the picture's pixels.
        placement : str
            How the mask is worn. Only ``well``, ``under_nose`` and ``on_chin`` take a real mask.
        rng : numpy.random.Generator
            Chooses the donor, and how the mask lies.

        Returns
        -------
        PIL.Image.Image
            Mode ``RGB``, the same size. Where no mask can be had, one is drawn, so that the
            placement's label holds in any case.
        """
        patch = self._draw_patch("mask", face, rng) if placement in _WORN else None
        style = random_style(rng, placement, face)
        if patch is None:
            return draw_mask(picture, face, style, rng)
        return wear(picture, face, patch, style, rng)

    def decoy(self, picture: Image.Image, face: FaceGeometry, rng: np.random.Generator) -> Image.Image:
        """Paste a part of another bare face where a mask would lie, with the same seam.

        Parameters
        ----------
        picture : PIL.Image.Image
            Mode ``RGB``; not changed.
        face : FaceGeometry
            Landmarks in the picture's pixels.
        rng : numpy.random.Generator
            Chooses the other face, and the shape and place of the seam.

        Returns
        -------
        PIL.Image.Image
            Mode ``RGB``, the same size; still a bare face. An unchanged copy where no other face
            can be had.
        """
        style = random_style(rng, _WORN[rng.integers(len(_WORN))], face)
        patch = self._draw_patch("face", face, rng)
        shape = self._draw_patch("mask", face, rng)
        if patch is None or shape is None:
            return picture.copy()
        return wear(picture, face, patch, style, rng, shape)

    def _draw_patch(self, part: _Part, face: FaceGeometry, rng: np.random.Generator) -> Patch | None:
        """Choose a donor that is not much smaller than the face; turn it to the same side."""
        samples = self._donors if part == "mask" else self._bare
        for _ in range(_TRIES if samples else 0):
            index = int(rng.integers(len(samples)))
            donor = samples[index].face
            if donor is None or (donor.eye_distance < 0.6 * face.eye_distance and rng.random() < 0.8):
                continue
            patch = self._patch(part, index)
            if patch is None:
                continue
            frontal = abs(face.turn) < 0.08 or abs(donor.turn) < 0.08
            mirror = rng.random() < 0.5 if frontal else face.turn * donor.turn < 0
            return patch.mirrored() if mirror else patch
        return None

    def _patch(self, part: _Part, index: int) -> Patch | None:
        key = (part, index)
        if key in self._patches:
            self._patches.move_to_end(key)
            return self._patches[key]
        sample = (self._donors if part == "mask" else self._bare)[index]
        if sample.face is None:  # `_choose` keeps none without landmarks
            return None
        patch = (cut_mask if part == "mask" else cut_face)(sample.load(), sample.face)
        self._patches[key] = patch
        if len(self._patches) > self._capacity:
            self._patches.popitem(last=False)
        return patch


def _choose(samples: Sequence[Sample], label: Label, pool: int) -> list[Sample]:
    """Keep the faces that can give a patch, at most ``pool``, the sources in turn."""
    sources: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        face = sample.face
        if face is None or sample.label != label or sample.split != "train":
            continue
        if face.eye_distance >= _LEAST_EYE_DISTANCE and abs(face.turn) <= _LARGEST_TURN and face.plausible:
            sources[sample.source].append(sample)
    rng = np.random.default_rng(_SEED)
    shuffled = [[kept[i] for i in rng.permutation(len(kept))] for _, kept in sorted(sources.items())]
    turns = (sample for turn in zip_longest(*shuffled) for sample in turn if sample is not None)
    return list(islice(turns, pool))
