"""Does before a snapshot what the first request would otherwise wait for."""

import io

from PIL import Image

from maskservice.classifier import Classifier
from maskservice.decoding import FORMATS
from maskservice.pipeline import PixelBudget, classify_uploads
from maskservice.uploads import Upload

_SIDE = 64


def prime(classifier: Classifier) -> None:
    """Classify one made-up picture of each format, so that every decoder and kernel has run once.

    Parameters
    ----------
    classifier : Classifier
        Runs once, on all of them.
    """
    uploads = [Upload(None, _picture(form)) for form in FORMATS]
    pixels = len(uploads) * _SIDE * _SIDE
    classify_uploads(uploads, classifier, PixelBudget(pixels, pixels))


def _picture(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((_SIDE, _SIDE), 80).convert("RGB").save(buffer, form)
    return buffer.getvalue()
