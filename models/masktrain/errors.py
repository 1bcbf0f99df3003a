"""The error tree of the training pipeline; `masktrain.cli` tells any of them in one line.

``MaskTrainError``
    every error this package raises on purpose

    ``DatasetError``
        the data folder is not as expected
    ``WindowError``
        no window can be opened here
    ``TrainingError``
        training cannot start as asked
    ``ExportError``
        an exported file is no model, or not a faithful copy of the network

    ``RegistryError``
        the bucket of published models cannot be used, or does not hold what is asked for

        ``ConcurrentChange``
            somebody else wrote in between; nothing was overwritten
        ``PromotionRefused``
            a model is worse than the promoted one, or cannot be compared with it
"""


class MaskTrainError(Exception):
    """Base of every error this package raises on purpose; its text is for the person who runs it."""


class DatasetError(MaskTrainError):
    """The data folder is not as expected; the message says where and what to do."""


class WindowError(MaskTrainError):
    """No window can be opened here; the message says how to do without one."""


class TrainingError(MaskTrainError):
    """Training cannot start as asked: weights, settings, device or a tracker are not there or do not fit."""


class ExportError(MaskTrainError):
    """An exported file is no model, or not a faithful copy of the network."""


class RegistryError(MaskTrainError):
    """The bucket of published models cannot be used, or does not hold what is asked for."""


class ConcurrentChange(RegistryError):
    """Somebody else wrote in between; nothing of theirs was overwritten."""


class PromotionRefused(RegistryError):
    """A model is worse than the promoted one, or cannot be compared with it."""
