"""Draws contact sheets: many small pictures with captions on one page, for a person to look over."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont, ImageOps

from masktrain.framing import CROP_MARGIN, cut_crop
from masktrain.geometry import Box

TILE = 120
"""Side of the square a picture is fitted into, in pixels."""

COLUMNS = 10
"""Tiles side by side."""

_GAP = 6
_STEP = TILE + _GAP
_LINE = 13
_FONT_SIZE = 10
_HEADING = 19
_TITLE_SIZE = 13
_TITLE = 26
_PAPER = "white"
_INK = "black"
_BOX_COLOUR = (0, 160, 0)
_QUALITY = 90


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``, any size.
    caption : tuple of str
        Lines under it; one that is too long loses its beginning, for file names differ at the end.
    """

    picture: Image.Image
    caption: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Tiles that belong together.

    Attributes
    ----------
    tiles : sequence of Tile
        All with as many lines of caption.
    heading : str
        Written above them; empty for none.
    """

    tiles: Sequence[Tile]
    heading: str = ""


def face_picture(picture: Image.Image, box: Box, *, whole: bool = False) -> Image.Image:
    """Return what a sheet shows of a face.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``.
    box : tuple of float
        x1, y1, x2, y2 of the face in pixels.
    whole : bool
        Show the whole picture with the box drawn on it, instead of the part the model sees: the
        box with the card's margin.
    """
    if not whole:
        return cut_crop(picture, box, CROP_MARGIN)
    scale = TILE / max(picture.size)
    # Scaled before the box is drawn, so that its line is as thick on every tile.
    shown = picture.resize([max(1, round(side * scale)) for side in picture.size])
    x1, y1, x2, y2 = (value * scale for value in box)
    ImageDraw.Draw(shown).rectangle((x1, y1, max(x1, x2 - 1), max(y1, y2 - 1)), outline=_BOX_COLOUR)
    return shown


def draw_page(title: str, blocks: Sequence[Block], columns: int = COLUMNS) -> Image.Image:
    """Draw one page.

    Parameters
    ----------
    title : str
        Written at the top.
    blocks : sequence of Block
        From left to right and from top to bottom. Blocks that are narrow enough stand side by
        side; a block of more tiles than columns goes on in further rows.
    columns : int
        Tiles side by side, at least 1.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``; as wide as its columns, as high as its blocks need.
    """
    width = _GAP + columns * _STEP
    shelves = _shelves(blocks, columns)
    heights = [max(_height(block, columns) for block in shelf) for shelf in shelves]
    page = Image.new("RGB", (width, _TITLE + sum(heights)), _PAPER)
    draw = ImageDraw.Draw(page)
    _write(draw, (_GAP, _GAP), title, width - 2 * _GAP, _TITLE_SIZE)
    top = _TITLE
    for shelf, height in zip(shelves, heights, strict=True):
        left = _GAP
        for block in shelf:
            _draw_block(page, block, (left, top), columns)
            left += _columns(block, columns) * _STEP
        top += height
    return page


def save_page(page: Image.Image, file: Path) -> None:
    """Write a page as JPEG; the folder is made where it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    page.save(file, "JPEG", quality=_QUALITY)


def _shelves(blocks: Sequence[Block], columns: int) -> list[list[Block]]:
    """Put blocks side by side, in their order, as many as there is room for."""
    shelves: list[list[Block]] = []
    free = 0
    for block in blocks:
        needed = _columns(block, columns)
        if needed > free:
            shelves.append([])
            free = columns
        shelves[-1].append(block)
        free -= needed
    return shelves


def _draw_block(page: Image.Image, block: Block, place: tuple[int, int], columns: int) -> None:
    draw = ImageDraw.Draw(page)
    left, top = place
    if block.heading:
        width = _columns(block, columns) * _STEP - _GAP
        draw.line((left, top, left + width, top), fill="grey")
        _write(draw, (left, top + 3), block.heading, width, _FONT_SIZE)
        top += _HEADING
    for number, tile in enumerate(block.tiles):
        x, y = left + number % columns * _STEP, top + number // columns * _row_height(block)
        shown = ImageOps.contain(tile.picture, (TILE, TILE), Image.Resampling.BICUBIC)
        page.paste(shown, (x + (TILE - shown.width) // 2, y + TILE - shown.height))
        for line, text in enumerate(tile.caption):
            _write(draw, (x, y + TILE + 1 + line * _LINE), text, TILE, _FONT_SIZE)


def _write(draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, width: int, size: int) -> None:
    """Write a line, cut at its beginning to fit a width in pixels."""
    font = _font(size)
    shown = text
    while len(shown) > 1 and draw.textlength(shown, font) > width:
        text = text[1:]
        shown = f"…{text}"
    draw.text(place, shown, _INK, font)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the sans-serif that matplotlib carries: Pillow's own lacks arrows and most scripts."""
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def _columns(block: Block, columns: int) -> int:
    return min(max(1, len(block.tiles)), columns)


def _row_height(block: Block) -> int:
    lines = max((len(tile.caption) for tile in block.tiles), default=0)
    return TILE + lines * _LINE + _GAP


def _height(block: Block, columns: int) -> int:
    rows = -(-len(block.tiles) // columns)
    return rows * _row_height(block) + (_HEADING if block.heading else 0)
