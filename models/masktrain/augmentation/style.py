"""Which mask a face wears, and how: kinds, placements, and random masks as one meets them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from maskservice.modelcard import Label
from masktrain.augmentation.texture import Colour, Pattern
from masktrain.geometry import Box, FaceGeometry

Kind = Literal["surgical", "cloth", "respirator"]
Placement = Literal["well", "under_nose", "on_chin", "over_mouth", "from_ear", "over_eyes"]
KINDS: tuple[Kind, ...] = ("surgical", "cloth", "respirator")
PLACEMENT_LABELS: dict[Placement, Label] = {
    "well": "with_mask",
    "under_nose": "incorrect_mask",
    "on_chin": "incorrect_mask",
    "over_mouth": "incorrect_mask",
    "from_ear": "incorrect_mask",
    "over_eyes": "incorrect_mask",
}
LARGEST_TURN = 0.45
"""How far a head may be turned (`FaceGeometry.turn`) for a mask to look right on it."""

# Vertical extent in face coordinates (0 = eyes, 1 = chin): top edge at the middle, and bottom
# edge. The nose tip sits near 0.36 and the nostrils near 0.42, the lips between 0.55 and 0.70;
# tops between 0.27 and 0.45 would leave the label in doubt and are not drawn. What hangs from an
# ear is drawn with the extent of a worn mask, and then hung up: see `_hang`.
_EXTENT: dict[Placement, tuple[tuple[float, float], tuple[float, float]]] = {
    "well": ((0.10, 0.26), (1.04, 1.18)),
    "under_nose": ((0.455, 0.56), (1.06, 1.24)),
    "on_chin": ((0.72, 0.83), (1.14, 1.38)),
    "over_mouth": ((0.455, 0.52), (0.83, 0.91)),
    "from_ear": ((0.15, 0.25), (1.00, 1.15)),
    "over_eyes": ((-0.60, -0.35), (0.10, 0.24)),
}
_NOSE = 0.36
# What of a mask outside the face's middle has to be seen: on the chin, or at either ear.
_NEEDED: dict[Placement, tuple[tuple[float, float], ...]] = {
    "on_chin": ((0.0, 1.02),),
    "from_ear": ((-1.02, 0.7), (1.02, 0.7)),
    "over_eyes": ((0.0, -0.15),),
}
_USUAL_COLOURS: tuple[Colour, ...] = (
    (150, 195, 220),
    (235, 238, 240),
    (30, 30, 34),
    (125, 185, 165),
    (225, 170, 185),
)
_USUAL_ODDS = (0.3, 0.25, 0.27, 0.1, 0.08)


@dataclass(frozen=True)
class MaskStyle:
    """One mask and how it is worn.

    Attributes
    ----------
    kind : str
        ``surgical`` (flat, pleated), ``cloth`` (rounded) or ``respirator`` (cup with a seam).
    placement : str
        A key of `PLACEMENT_LABELS`.
    colour : tuple of int
        RGB, 0..255.
    pattern : Pattern
        What is printed on the cloth.
    top, bottom : float
        Edges at the middle of the face, in face coordinates.
    width : float
        Half the mask's width in eye distances.
    straps : bool
        Whether ear loops are drawn.
    depth : float
        How much the cloth bulges, creases and casts a shadow, 0 to 1; 0 draws it flat.
    hang : float
        Where a mask hangs from an ear: its place in eye distances from the middle of the face,
        negative to the left. Not used by other placements.
    """

    kind: Kind
    placement: Placement
    colour: Colour
    pattern: Pattern
    top: float
    bottom: float
    width: float = 1.05
    straps: bool = True
    depth: float = 0.0
    hang: float = 0.95

    @property
    def label(self) -> Label:
        """The label of a face that wears the mask like this."""
        return PLACEMENT_LABELS[self.placement]


def random_style(
    rng: np.random.Generator, placement: Placement, face: FaceGeometry | None = None
) -> MaskStyle:
    """Choose a mask of any kind, colour and pattern for a placement.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides everything.
    placement : str
        A key of `PLACEMENT_LABELS`.
    face : FaceGeometry, optional
        Who is to wear it: the edge keeps clear of a nose that sits lower or higher than usual
        because the head is bent.
    """
    (top_low, top_high), (bottom_low, bottom_high) = _EXTENT[placement]
    return MaskStyle(
        kind=KINDS[rng.integers(len(KINDS))],
        placement=placement,
        colour=_random_colour(rng),
        pattern=Pattern.random(rng),
        top=float(rng.uniform(top_low, top_high)) + _bent(placement, face),
        bottom=float(rng.uniform(bottom_low, bottom_high)),
        width=float(rng.uniform(0.92, 1.15)),
        straps=bool(rng.random() < 0.75),
        depth=float(rng.uniform(0.3, 1.0)),
        hang=float(rng.uniform(0.88, 1.02) * rng.choice((-1.0, 1.0))),
    )


def shows(placement: Placement, face: FaceGeometry, frame: Box) -> bool:
    """Tell whether enough of a mask worn like this lies within a frame for its label to be seen.

    Parameters
    ----------
    placement : str
        A key of `PLACEMENT_LABELS`.
    face : FaceGeometry
        Who is to wear it.
    frame : tuple of float
        What is seen: x1, y1, x2, y2 in the face's pixels.
    """
    x1, y1, x2, y2 = frame
    needed = np.array(_NEEDED.get(placement, ((0.0, 0.5),)))
    x, y = face.to_picture(needed).T
    return bool(((x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)).all())


def _bent(placement: Placement, face: FaceGeometry | None) -> float:
    """Return how far the upper edge has to move for a bent head, in face coordinates."""
    if face is None:
        return 0.0
    offset = float(face.to_face(np.array([face.nose]))[0, 1]) - _NOSE
    if placement in ("under_nose", "over_mouth"):
        return min(0.10, max(0.0, offset))
    return max(-0.10, min(0.0, offset)) if placement == "well" else 0.0


def _random_colour(rng: np.random.Generator) -> Colour:
    """Choose a colour: light blue, white and black as often as one meets them."""
    if rng.random() < 0.75:
        base = np.array(_USUAL_COLOURS[rng.choice(len(_USUAL_COLOURS), p=_USUAL_ODDS)]) + rng.normal(0, 12, 3)
    else:
        base = rng.uniform(10, 245, 3)
    red, green, blue = (int(value) for value in np.clip(base, 0, 255))
    return red, green, blue
