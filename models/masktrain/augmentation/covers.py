"""What hides or dresses a face without being a mask: drawn at random, label unchanged.

A hand, a scarf, a beard, glasses or a cup do not make a mask, and do not undo one. On bare faces
anything goes; on masked faces whatever tells how the mask is worn stays visible.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from maskservice.modelcard import Label
from masktrain.augmentation.accessories import draw_cap, draw_glasses, draw_hood, draw_object, draw_scarf
from masktrain.augmentation.canvas import Canvas
from masktrain.augmentation.hair import draw_beard, draw_strands
from masktrain.augmentation.hands import draw_hand
from masktrain.geometry import Box, FaceGeometry

# Smaller faces show nothing of what would be drawn; eye distance in pixels.
_LEAST_UNIT = 9.0
# Profiles: a frontal drawing looks wrong on them, in eye distances as FaceGeometry.turn counts.
_LARGEST_TURN = 0.45
# A box without landmarks says only roughly where the parts of a face are.
_GUESSED_SHARE = 0.5
# Greatest share of nose, mouth and chin that a hand may hide where the mask must stay readable.
_MOST_COVERED: dict[Label, float] = {"with_mask": 0.25, "incorrect_mask": 0.06}


@dataclass(frozen=True)
class Covers:
    """How often what is drawn: each ``*_odds`` is a share of the faces it can be drawn on, 0 to 1."""

    hand_odds: float = 0.08
    scarf_odds: float = 0.08
    glasses_odds: float = 0.06
    beard_odds: float = 0.05
    object_odds: float = 0.05
    hood_odds: float = 0.03
    cap_odds: float = 0.03
    strands_odds: float = 0.04

    def apply(
        self,
        picture: Image.Image,
        box: Box,
        face: FaceGeometry | None,
        label: Label,
        rng: np.random.Generator,
    ) -> Image.Image:
        """Draw what covers a face.

        Parameters
        ----------
        picture : PIL.Image.Image
            Mode ``RGB``; not changed.
        box : tuple of float
            x1, y1, x2, y2 of the face in pixels: the landmarks are guessed from it where they
            are not known, and then less is drawn.
        face : FaceGeometry or None
            The landmarks.
        label : str
            What the picture shows; on ``not_face`` nothing is drawn.
        rng : numpy.random.Generator
            Decides everything.

        Returns
        -------
        PIL.Image.Image
            Mode ``RGB``, the same size.
        """
        share = 1.0 if face is not None else _GUESSED_SHARE
        drawn = [name for name in _ORDER if rng.random() < share * float(getattr(self, f"{name}_odds"))]
        drawn = [name for name in drawn if name in _ALLOWED[label] and not (face is None and name in _EXACT)]
        if not drawn or (face is None and _is_whole(box, picture.size)):
            return picture
        face = face or FaceGeometry.from_box(box)
        if face.eye_distance < _LEAST_UNIT or abs(face.turn) > _LARGEST_TURN:
            return picture
        canvas = Canvas.of(picture, face)
        for name in drawn:
            _draw(canvas, name, label, rng)
        return canvas.picture()


# From the skin outwards.
_ORDER = ("beard", "strands", "glasses", "cap", "hood", "scarf", "object", "hand")
# What looks wrong where the face's place is only guessed.
_EXACT = ("hood", "beard", "object")
# A scarf would hide a mask on the chin, and a beard would grow through one.
_ALLOWED: dict[Label, tuple[str, ...]] = {
    "without_mask": _ORDER,
    "with_mask": ("strands", "glasses", "cap", "hood", "scarf", "hand"),
    "incorrect_mask": ("strands", "glasses", "cap", "hand"),
    "not_face": (),
}


def _draw(canvas: Canvas, name: str, label: Label, rng: np.random.Generator) -> None:
    masked = label != "without_mask"
    if name == "hand":
        draw_hand(canvas, rng, masked=masked, most_covered=_MOST_COVERED.get(label, 1.0))
    elif name == "scarf":
        # Up to below the lower lip on bare faces; on masks over the lower edge.
        draw_scarf(canvas, rng, top=float(rng.uniform(0.92, 1.15) if masked else rng.uniform(0.78, 1.3)))
    else:
        draw = {
            "beard": draw_beard,
            "strands": draw_strands,
            "glasses": draw_glasses,
            "cap": draw_cap,
            "hood": draw_hood,
            "object": draw_object,
        }[name]
        draw(canvas, rng)


def _is_whole(box: Box, size: tuple[int, int]) -> bool:
    """Tell whether a box is the whole picture: nobody knows where the face is."""
    return box[0] <= 1 and box[1] <= 1 and box[2] >= size[0] - 1 and box[3] >= size[1] - 1
