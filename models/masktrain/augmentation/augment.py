"""The recipe of a training crop: masks put on bare faces, covers, framing, degradation."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PIL import Image, ImageOps

from maskservice.modelcard import Label
from masktrain.augmentation.covers import Covers
from masktrain.augmentation.degrade import Degradation
from masktrain.augmentation.draw import (
    LARGEST_TURN,
    PLACEMENT_LABELS,
    Placement,
    draw_mask,
    random_style,
    shows,
)
from masktrain.dataset.samples import Sample
from masktrain.framing import FramingJitter, crop_edges
from masktrain.geometry import FaceGeometry

_PLACEMENT_ODDS: dict[Placement, float] = {
    "well": 0.48,
    "under_nose": 0.29,
    "on_chin": 0.14,
    "over_mouth": 0.03,
    "from_ear": 0.03,
    "over_eyes": 0.03,
}
# Margin of a tightly framed crop: a mask that it does not show would leave a bare face with its label.
_TIGHT_MARGIN = 0.1
_PLACEMENTS = tuple(_PLACEMENT_ODDS)


class MaskSource(Protocol):
    """Puts masks of other pictures on a face; `masktrain.augmentation.transplant` has one."""

    def apply(
        self, picture: Image.Image, face: FaceGeometry, placement: Placement, rng: np.random.Generator
    ) -> Image.Image:
        """Put a mask on a bare face."""

    def decoy(self, picture: Image.Image, face: FaceGeometry, rng: np.random.Generator) -> Image.Image:
        """Put the lower half of another bare face on a bare face, so that a seam tells no label."""


@dataclass(frozen=True)
class Augmentation:
    """The recipe: each ``*_odds`` is the share of crops the change is applied to, 0 to 1.

    Attributes
    ----------
    framing : FramingJitter
        How far crops stray from box and margin.
    covers : Covers
        What hides or dresses the face.
    degradation : Degradation
        What light, camera and network do.
    masks : MaskSource or None
        Where masks of other pictures come from; without it, or where it is empty, masks are drawn
        instead of moved.
    drawn_mask_odds, moved_mask_odds, decoy_odds : float
        Share of the bare faces with known landmarks that get a drawn mask, another picture's
        mask, or another bare face's lower half.
    occlusion_odds : float
        Share of the crops that get a plain rectangle at their edge.
    """

    framing: FramingJitter = field(default_factory=FramingJitter)
    covers: Covers = field(default_factory=Covers)
    degradation: Degradation = field(default_factory=Degradation)
    masks: MaskSource | None = None
    drawn_mask_odds: float = 0.09
    moved_mask_odds: float = 0.15
    decoy_odds: float = 0.05
    occlusion_odds: float = 0.08

    def apply(
        self, picture: Image.Image, sample: Sample, rng: np.random.Generator
    ) -> tuple[Image.Image, Label]:
        """Make one training crop.

        Parameters
        ----------
        picture : PIL.Image.Image
            The sample's picture, mode ``RGB``.
        sample : Sample
            Its box, label and landmarks.
        rng : numpy.random.Generator
            Decides everything.

        Returns
        -------
        PIL.Image.Image
            The crop, mode ``RGB``, any size.
        str
            Its label: another than the sample's where a mask was put on a bare face.
        """
        picture, label = self._put_on_mask(picture, sample, rng)
        picture = self.covers.apply(picture, sample.box, sample.face, label, rng)
        crop = self.framing.cut(picture, sample.box, rng)
        if rng.random() < 0.5:
            crop = ImageOps.mirror(crop)
        if rng.random() < self.occlusion_odds:
            crop = _occlude(crop, rng)
        return self.degradation.apply(crop, rng), label

    def _put_on_mask(
        self, picture: Image.Image, sample: Sample, rng: np.random.Generator
    ) -> tuple[Image.Image, Label]:
        """Draw or move a mask, or a bare face's lower half, on some of the bare faces."""
        face = sample.face
        if sample.label != "without_mask" or face is None or abs(face.turn) >= LARGEST_TURN:
            return picture, sample.label
        drawn, worn = self.drawn_mask_odds, self.drawn_mask_odds + self.moved_mask_odds
        choice = rng.random()
        if choice < worn:
            placement = _placement(rng)
            if not shows(placement, face, crop_edges(picture.size, sample.box, _TIGHT_MARGIN)):
                placement = "under_nose"
            if self.masks and choice >= drawn:
                picture = self.masks.apply(picture, face, placement, rng)
            else:
                picture = draw_mask(picture, face, random_style(rng, placement, face), rng)
            return picture, PLACEMENT_LABELS[placement]
        if self.masks and choice < worn + self.decoy_odds:
            picture = self.masks.decoy(picture, face, rng)
        return picture, sample.label


def _placement(rng: np.random.Generator) -> Placement:
    return _PLACEMENTS[rng.choice(len(_PLACEMENTS), p=list(_PLACEMENT_ODDS.values()))]


def _occlude(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cover a small rectangle near the edge, where it hides no part the label depends on."""
    result = crop.copy()
    width, height = (max(1, round(side * rng.uniform(0.1, 0.25))) for side in crop.size)
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    x = 0 if rng.random() < 0.5 else crop.width - width
    y = int(rng.integers(0, max(1, crop.height - height)))
    result.paste((red, green, blue), (x, y, x + width, y + height))
    return result
