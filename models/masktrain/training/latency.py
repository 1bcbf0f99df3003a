"""Times exported models on one thread, in turn."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime

from masktrain.release.export import INPUT_NAME, OUTPUT_NAME
from masktrain.release.latency import Milliseconds, time_in_turn

_ROUNDS = 60


def time_models(models: Mapping[str, Path], size: int, rounds: int = _ROUNDS) -> dict[str, Milliseconds]:
    """Time one crop for each model.

    Parameters
    ----------
    models : mapping of str to Path
        ONNX files by any name, all of one input size.
    size : int
        That size: height and width in pixels.
    rounds : int
        How often each is run; in every round each model once.

    Returns
    -------
    dict of str to ndarray of float64, shape (rounds,)
        Milliseconds by the same names.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    pixels = np.random.default_rng(0).normal(size=(1, 3, size, size)).astype(np.float32)
    work: dict[str, Callable[[], object]] = {}
    for name, path in models.items():
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        work[name] = partial(session.run, [OUTPUT_NAME], {INPUT_NAME: pixels})
    return time_in_turn(work, rounds)
