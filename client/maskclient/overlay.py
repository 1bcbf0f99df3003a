"""What is drawn on a picture: a box per face and a few words, coloured by verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from maskclient.detector import Box
from maskclient.judge import JudgedFace
from maskclient.wording import caption

Colour = tuple[int, int, int]

# Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind people too.
VERDICT_COLOURS: dict[str, Colour] = {
    "compliant": (0, 158, 115),
    "violation": (213, 94, 0),
    "uncertain": (240, 228, 66),
}
OTHER_COLOUR: Colour = (153, 153, 153)
"""Rejected, not judged, and any verdict this version does not know."""
INK: Colour = (0, 0, 0)

_LEAST_TEXT_PX = 9
_TEXT_SHARE = 1 / 32  # of the picture's longest side
_LINE_SHARE = 1 / 160


@dataclass(frozen=True)
class Mark:
    """What is drawn of one face.

    Attributes
    ----------
    box : Box
        In the picture's pixels.
    colour : tuple of int
        RGB, 0..255.
    text : str or None
        Words beside the box; without any, the box is thin.
    """

    box: Box
    colour: Colour
    text: str | None


def annotate(rgb: npt.NDArray[np.uint8], faces: Sequence[JudgedFace]) -> Image.Image:
    """Draw what was found into a copy of a picture; see `draw_marks`.

    What turned out to be no face gets a thin box without words.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        The picture, RGB, upright.
    faces : sequence of JudgedFace
        With boxes in the picture's pixels.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``, as large as the picture.
    """
    picture = Image.fromarray(rgb).convert("RGB")
    marks = [
        Mark(judged.face.box, colour_of(judged), caption(judged) if _is_face(judged) else None)
        for judged in faces
    ]
    draw_marks(picture, marks)
    return picture


def draw_marks(picture: Image.Image, marks: Sequence[Mark]) -> None:
    """Draw boxes and words into a picture.

    Boxes have a dark seam and words stand on a plate, so that both can be read on any
    background. Words are made smaller, and moved, until they lie inside the picture.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``; drawn into.
    marks : sequence of Mark
        What to draw.
    """
    draw = ImageDraw.Draw(picture)
    line = max(1, round(max(picture.size) * _LINE_SHARE))
    for mark in marks:
        _draw_box(draw, mark.box, mark.colour, line if mark.text else 1)
    for mark in marks:  # after all boxes: no line crosses a word
        if mark.text:
            _draw_plate(draw, picture.size, mark, mark.text)


def colour_of(judged: JudgedFace) -> Colour:
    """Return the colour of a face's verdict."""
    verdict = judged.judgement.verdict if judged.judgement else ""
    return VERDICT_COLOURS.get(verdict, OTHER_COLOUR)


def _is_face(judged: JudgedFace) -> bool:
    return judged.judgement is None or judged.judgement.label != "not_face"


def _draw_box(draw: ImageDraw.ImageDraw, box: Box, colour: Colour, line: int) -> None:
    x1, y1, x2, y2 = box.x1, box.y1, max(box.x2 - 1, box.x1), max(box.y2 - 1, box.y1)
    draw.rectangle((x1, y1, x2, y2), outline=(0, 0, 0), width=line + 2)
    if min(x2 - x1, y2 - y1) > 2:
        draw.rectangle((x1 + 1, y1 + 1, x2 - 1, y2 - 1), outline=colour, width=line)


def _draw_plate(draw: ImageDraw.ImageDraw, size: tuple[int, int], mark: Mark, text: str) -> None:
    points = max(_LEAST_TEXT_PX, round(max(size) * _TEXT_SHARE))
    width, height = _plate_size(draw, text, points)
    if width > size[0]:
        points = max(_LEAST_TEXT_PX, points * size[0] // width)
        width, height = _plate_size(draw, text, points)
    if width > size[0] or height > size[1]:
        return  # too small a picture for words that can be read; the colour must do
    x, y = plate_corner(mark.box, (width, height), size)
    draw.rectangle((x, y, x + width - 1, y + height - 1), fill=mark.colour)
    font = ImageFont.load_default(points)
    draw.text((x + width / 2, y + height / 2), text, fill=INK, font=font, anchor="mm")


def _plate_size(draw: ImageDraw.ImageDraw, text: str, points: int) -> tuple[int, int]:
    """Return width and height of a plate with some air around the text."""
    text_width = draw.textlength(text, ImageFont.load_default(points))
    return math.ceil(text_width + 0.5 * points), round(1.4 * points)


def plate_corner(box: Box, plate: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Place a plate: above its box, else below it, else inside, and never outside the picture.

    Parameters
    ----------
    box : Box
        The face.
    plate : tuple of int
        Width and height of the plate in pixels.
    size : tuple of int
        Width and height of the picture in pixels.

    Returns
    -------
    tuple of int
        x and y of the plate's upper left corner.
    """
    width, height = plate
    x = min(box.x1, size[0] - width)
    y = box.y1 - height
    if y < 0:
        y = box.y2 if box.y2 + height <= size[1] else box.y1
    return max(0, x), max(0, min(y, size[1] - height))
