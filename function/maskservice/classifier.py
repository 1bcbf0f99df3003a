"""From tensors to calibrated probabilities."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from maskservice.errors import ModelUnavailable
from maskservice.modelcard import ModelCard
from maskservice.modelstore import ModelFile

MOST_AT_ONCE = 4
"""Crops that the session runs at once. More are no faster per crop, and need the more memory."""


class Session(Protocol):
    """What the classifier needs of an ``onnxruntime.InferenceSession``."""

    def run(
        self, output_names: Sequence[str] | None, input_feed: dict[str, npt.NDArray[np.float32]]
    ) -> Sequence[npt.NDArray[np.float32]]:
        """Return the model's outputs for a batch; must be safe to call from several threads."""
        ...


class Classifier:
    """A loaded model and its card.

    Parameters
    ----------
    session : Session
        Runs the model.
    input_name : str
        The name of the model's only input.
    card : ModelCard
        How the model is fed and read.
    sha256 : str
        Of the model file, in hexadecimal.
    """

    def __init__(self, session: Session, input_name: str, card: ModelCard, sha256: str) -> None:
        self._session = session
        self._input_name = input_name
        self.card = card
        self.sha256 = sha256

    def probabilities(
        self, tensors: Sequence[npt.NDArray[np.float32]] | npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        """Classify a batch.

        Parameters
        ----------
        tensors : sequence of N ndarrays of float32, shape (3, height, width), or all in one ndarray
            As `maskservice.preprocessing.normalize` makes them; N is at least 1.

        Returns
        -------
        ndarray of float64, shape (N, labels)
            Calibrated probabilities in the order of the card's labels; each row sums to 1.
        """
        parts = (tensors[start : start + MOST_AT_ONCE] for start in range(0, len(tensors), MOST_AT_ONCE))
        logits = np.concatenate(
            [self._session.run(None, {self._input_name: np.stack(list(part))})[0] for part in parts]
        )
        scaled = logits.astype(np.float64) / self.card.temperature
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def load_classifier(model: ModelFile) -> Classifier:
    """Load a model into ONNX Runtime and try it once.

    One thread per session: a Lambda function's share of a CPU serves one request at a time, and
    a server runs several requests side by side.

    Parameters
    ----------
    model : ModelFile
        The model, with its card inside.

    Raises
    ------
    ModelUnavailable
        If ONNX Runtime cannot load or run it, or if it does not agree with its card.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    try:
        session = ort.InferenceSession(model.data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise ModelUnavailable(f"{model.name!r} is not a model that ONNX Runtime can load.") from error
    card = ModelCard.from_metadata(session.get_modelmeta().custom_metadata_map)
    input_name = _checked_input(session, card, model.name)
    classifier = Classifier(session, input_name, card, model.sha256)
    _try_once(classifier, model.name)
    return classifier


def _checked_input(session: Any, card: ModelCard, name: str) -> str:  # noqa: ANN401 (ONNX Runtime is untyped)
    """Return the name of the model's input, if the model's shapes are those of the card."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelUnavailable(
            f"{name!r} has {len(inputs)} inputs and {len(outputs)} outputs; one of each is expected."
        )
    expected = [3, *card.input_size]
    if inputs[0].type != "tensor(float)" or list(inputs[0].shape[1:]) != expected:
        raise ModelUnavailable(
            f"{name!r} reads {inputs[0].type} {inputs[0].shape}, but its card says float [N, 3, "
            f"{card.input_size[0]}, {card.input_size[1]}]."
        )
    return str(inputs[0].name)


def _try_once(classifier: Classifier, name: str) -> None:
    """Run two blank crops, which warms the session up and shows what shapes alone may not."""
    card = classifier.card
    try:
        probabilities = classifier.probabilities(np.zeros((2, 3, *card.input_size), dtype=np.float32))
    except Exception as error:  # as above
        raise ModelUnavailable(f"{name!r} does not run on a batch of two crops.") from error
    if probabilities.shape != (2, len(card.labels)):
        raise ModelUnavailable(
            f"{name!r} gives an output of shape {probabilities.shape} for two crops, but its card names "
            f"{len(card.labels)} labels."
        )
