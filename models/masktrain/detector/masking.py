"""Draws masks on the bare faces of a picture, so that the detector meets more masked ones."""

from dataclasses import replace

import numpy as np
from PIL import Image

from masktrain.augmentation.draw import LARGEST_TURN, Placement, draw_mask, random_style
from masktrain.detector.pictures import Composed, Source

_LEAST_EYES = 6.0
"""Distance between the eyes in pixels under which a drawn mask is a smear."""
_PLACEMENTS: tuple[Placement, ...] = ("well", "well", "well", "under_nose", "on_chin")


def load_masked(source: Source, odds: float, rng: np.random.Generator) -> Composed:
    """Read a picture and draw masks on some of its bare faces.

    Parameters
    ----------
    source : Source
        The file; faces whose landmarks are unknown stay bare.
    odds : float
        Share of the bare faces that get a mask, 0 to 1.
    rng : numpy.random.Generator
        Which, and what masks.

    Raises
    ------
    DatasetError
        If the file cannot be read.
    """
    loaded = source.load()
    wearers = [
        face.geometry
        for face in source.faces
        if face.bare
        and face.geometry is not None
        and face.geometry.eye_distance >= _LEAST_EYES
        and abs(face.geometry.turn) < LARGEST_TURN
        and rng.random() < odds
    ]
    if not wearers:
        return loaded
    picture = Image.fromarray(loaded.rgb)
    for face in wearers:
        placement = _PLACEMENTS[rng.integers(len(_PLACEMENTS))]
        picture = draw_mask(picture, face, random_style(rng, placement, face), rng)
    return replace(loaded, rgb=np.asarray(picture, dtype=np.uint8))
