"""From a decoded crop to what is said about it: for the API and for batches."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from maskservice.modelcard import ModelCard
from maskservice.preprocessing import normalize, resize
from maskservice.quality import Refusal, refusals
from maskservice.verdict import Judgement, judge


@dataclass(frozen=True)
class PreparedCrop:
    """A crop, ready for the model.

    Attributes
    ----------
    size : tuple of int
        Width and height of the crop as it came, upright, in pixels.
    refusals : list of str
        Why it is not good enough to act on; empty if it is.
    tensor : ndarray of float32, shape (3, height, width)
        The model's input.
    """

    size: tuple[int, int]
    refusals: list[Refusal]
    tensor: npt.NDArray[np.float32]

    def judged(self, probabilities: npt.NDArray[np.float64], card: ModelCard) -> Judgement:
        """Judge this crop.

        Parameters
        ----------
        probabilities : ndarray of float64, shape (labels,)
            What the classifier says of ``tensor``.
        card : ModelCard
            Of that classifier.
        """
        return judge(probabilities.tolist(), self.refusals, card)


def prepare(image: Image.Image, size: tuple[int, int], card: ModelCard) -> PreparedCrop:
    """Scale a crop to the model's input and look whether it is good enough.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode ``RGB``, upright; may be smaller than the crop was, see `maskservice.decoding.decode_crop`.
    size : tuple of int
        Width and height of the crop as it came, upright, in pixels.
    card : ModelCard
        Of the classifier.
    """
    pixels = resize(image, card)
    return PreparedCrop(size, refusals(pixels, size, card), normalize(pixels, card))
