"""Suggests labels with a trained model, for a person to confirm."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image

from maskservice.modelcard import Label, ModelCard
from maskservice.preprocessing import to_tensor
from masktrain.errors import DatasetError
from masktrain.framing import cut_crop
from masktrain.geometry import Box


class LabelSuggester:
    """A trained model that is asked what a face wears.

    Parameters
    ----------
    model : Path
        An ONNX file with its card inside, as training leaves it.

    Raises
    ------
    DatasetError
        If the file is no such model.
    maskservice.errors.ModelUnavailable
        If its card is missing or cannot be read.
    """

    def __init__(self, model: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        try:
            self._session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no common base
            raise DatasetError(f"{model} is not a model that ONNX Runtime can load.") from error
        self._card = ModelCard.from_metadata(self._session.get_modelmeta().custom_metadata_map)
        self._input = self._session.get_inputs()[0].name

    def suggest(self, photograph: Image.Image, box: Box) -> Label:
        """Return the most probable label of a face.

        Parameters
        ----------
        photograph : PIL.Image.Image
            Mode ``RGB``, upright.
        box : tuple of float
            x1, y1, x2, y2 of the face, in its pixels.
        """
        crop = cut_crop(photograph, box, self._card.crop_margin)
        (logits,) = self._session.run(None, {self._input: to_tensor(crop, self._card)[None]})
        return self._card.labels[int(np.argmax(logits[0]))]
