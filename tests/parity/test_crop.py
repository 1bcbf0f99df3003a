"""The client cuts a face as training does."""

import io

import numpy as np
from PIL import Image

from maskclient.crop import cut_crop as client_crop
from maskclient.detector import Box
from masktrain.framing import CROP_MARGIN
from masktrain.framing import cut_crop as training_crop


def test_same_box_same_pixels() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(80, 180, (6, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
    for _ in range(50):
        x1, y1 = int(rng.integers(0, 300)), int(rng.integers(0, 220))
        box = Box(x1, y1, int(rng.integers(x1 + 1, 321)), int(rng.integers(y1 + 1, 241)))
        # As large an input as the picture: nothing is scaled down.
        sent = Image.open(io.BytesIO(client_crop(np.asarray(picture), box, CROP_MARGIN, (240, 320))))
        trained = training_crop(picture, box, CROP_MARGIN)
        assert sent.size == trained.size
        difference = np.abs(np.asarray(sent, dtype=int) - np.asarray(trained, dtype=int))
        assert difference.mean() < 3.0  # what JPEG costs
