"""Trains the models of an audit: a short fine-tuning for each fold."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from masktrain.dataset.samples import Sample
from masktrain.training.loading import fixed_loader
from masktrain.training.predict import predict
from masktrain.training.settings import TrainingSettings
from masktrain.training.trainer import Trainer

# A short run ends before the slow average of a long one has left its start behind.
_EMA_DECAY = 0.99


def fold_settings(epochs: int, size: int, workers: int | None = None) -> TrainingSettings:
    """Return how a fold is trained: as always, but shorter and smaller.

    Parameters
    ----------
    epochs : int
        Passes of fine-tuning after the one that trains the last layer.
    size : int
        Height and width of the input in pixels.
    workers : int, optional
        Processes that prepare crops; the trainer's own number if not given.
    """
    settings = TrainingSettings()
    workers = settings.workers if workers is None else workers
    return replace(settings, input_size=(size, size), epochs=epochs, ema_decay=_EMA_DECAY, workers=workers)


def fold_trainer(
    settings: TrainingSettings, weights: str | Path
) -> Callable[[list[Sample], list[Sample], Path], npt.NDArray[np.float64]]:
    """Make the function that an audit trains and predicts its folds with.

    Parameters
    ----------
    settings : TrainingSettings
        How.
    weights : str or Path
        What to start from, as `masktrain.training.trainer.Trainer` takes it.

    Returns
    -------
    callable
        A `masktrain.dataset.audit.FitAndPredict`; its folder gets the trainer's checkpoint, from
        which a fold that was interrupted goes on.
    """

    def fit_and_predict(train: list[Sample], held: list[Sample], folder: Path) -> npt.NDArray[np.float64]:
        trainer = Trainer(train, held, settings, weights, folder / "checkpoint.pt")
        network = trainer.fit()
        _, logits = predict(network, fixed_loader(held, trainer.spec, settings.workers))
        return np.asarray(softmax(logits.astype(np.float64), axis=1))

    return fit_and_predict
