"""Training decodes whole pictures; the service decodes large JPEGs at a reduced scale, and says the same."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskservice.classifier import Classifier
from maskservice.decoding import decode, decode_crop, open_picture
from maskservice.preprocessing import to_tensor
from tests.pictures import encode

CROPS = sorted((Path(__file__).parents[2] / "client" / "examples" / "crops").glob("*.jpg"))
LARGEST_DIFFERENCE = 0.05


@pytest.mark.parametrize("enlarged", [4, 7])
@pytest.mark.parametrize("path", CROPS, ids=lambda path: path.stem)
def test_a_large_crop_gets_the_same_answer(path: Path, enlarged: int, classifier: Classifier) -> None:
    with Image.open(io.BytesIO(path.read_bytes())) as picture:
        size = (picture.width * enlarged, picture.height * enlarged)
        data = encode(picture.convert("RGB").resize(size, Image.Resampling.BICUBIC), quality=90)
    crop = decode_crop(open_picture(data), classifier.card.input_size)
    assert crop.image.width < crop.size[0] == size[0]
    reduced, whole = classifier.probabilities(
        [to_tensor(crop.image, classifier.card), to_tensor(decode(data), classifier.card)]
    )
    assert reduced.argmax() == whole.argmax()
    assert np.abs(reduced - whole).max() < LARGEST_DIFFERENCE
