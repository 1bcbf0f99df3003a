"""The error tree of the training pipeline; `masktrain.cli` tells any of them in one line.

``MaskTrainError``
    every error this package raises on purpose

    ``DatasetError``
        the data folder is not as expected
    ``ExportError``
        an exported file is no model, or not a faithful copy of the network
"""


class MaskTrainError(Exception):
    """Base of every error this package raises on purpose; its text is for the person who runs it."""


class DatasetError(MaskTrainError):
    """The data folder is not as expected; the message says where and what to do."""


class ExportError(MaskTrainError):
    """An exported file is no model, or not a faithful copy of the network."""
