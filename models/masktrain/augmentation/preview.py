"""A sheet of augmented crops, to look at what training sees."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample

_LABEL_HEIGHT = 12


def preview_sheet(
    samples: Sequence[Sample],
    augmentation: Augmentation,
    rng: np.random.Generator,
    *,
    columns: int = 10,
    side: int = 112,
) -> Image.Image:
    """Augment each sample once and put the crops, with their labels, on one sheet.

    Parameters
    ----------
    samples : sequence of Sample
        One tile each, row by row.
    augmentation : Augmentation
        The recipe.
    rng : numpy.random.Generator
        Decides every crop.
    columns : int
        Tiles per row.
    side : int
        Width and height of a tile's picture in pixels; crops are stretched to it, as the
        service stretches them.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``.
    """
    rows = max(1, -(-len(samples) // columns))
    sheet = Image.new("RGB", (columns * side, rows * (side + _LABEL_HEIGHT)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, sample in enumerate(samples):
        crop, label = augmentation.apply(sample.load(), sample, rng)
        x, y = number % columns * side, number // columns * (side + _LABEL_HEIGHT)
        sheet.paste(crop.resize((side, side), Image.Resampling.BILINEAR), (x, y))
        pen.text((x + 2, y + side), label, fill="black")
    return sheet
