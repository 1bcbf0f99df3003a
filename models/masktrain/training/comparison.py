"""Trains architectures alike, so that they can be compared: one row at a time, each kept on disk."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from torch import nn

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.release.export import export_onnx
from masktrain.release.package import draft_card
from masktrain.training.energy import EnergyMeter
from masktrain.training.entries import Entry, Row
from masktrain.training.history import FACE_LABELS
from masktrain.training.network import InputFormat
from masktrain.training.settings import TrainingSettings
from masktrain.training.trainer import Trainer


class Comparison:
    """Trains entries and keeps their rows in a folder.

    Parameters
    ----------
    folder : Path
        Holds ``KEY.json`` and ``KEY.onnx`` for each row, and the checkpoint of one not finished.
    train, val : sequence of Sample
        Fitted on, and measured on.
    settings : TrainingSettings
        Common to all entries; architecture and mode are theirs.
    augmentation : Augmentation
        Common to all, too.
    meter : callable
        Makes an energy meter, or None where none is wanted.
    """

    def __init__(
        self,
        folder: Path,
        train: Sequence[Sample],
        val: Sequence[Sample],
        settings: TrainingSettings,
        augmentation: Augmentation,
        meter: Callable[[], EnergyMeter | None],
    ) -> None:
        self.folder = folder
        self.settings = settings
        self._train, self._val = train, val
        self._augmentation = augmentation
        self._meter = meter

    @property
    def crops(self) -> tuple[int, int]:
        """Number of training and of validation crops."""
        return len(self._train), len(self._val)

    def model(self, entry: Entry) -> Path:
        """Return where an entry's exported network lies once its row is made."""
        return self.folder / f"{entry.key}.onnx"

    def row(self, entry: Entry) -> Row | None:
        """Return an entry's row, if it was made with the settings of this comparison."""
        file = self._row_file(entry)
        if not file.is_file() or not self.model(entry).is_file():
            return None
        row = Row(**json.loads(file.read_text()))
        return row if row.fits(self.settings, len(self._train)) else None

    def make_row(self, entry: Entry, command: str) -> Row:
        """Train an entry, or what is left of it, and keep its row.

        Parameters
        ----------
        entry : Entry
            What to train.
        command : str
            To be noted in the row.

        Raises
        ------
        TrainingError
            If the entry cannot be trained.
        """
        settings = replace(
            self.settings,
            architecture=entry.architecture,
            mode=entry.mode,
            frozen_blocks=0,  # the architectures' blocks are of different size
            # A last layer on random features learns nothing worth an epoch.
            head_epochs=0 if entry.from_scratch else self.settings.head_epochs,
        )
        checkpoint = self.folder / entry.key / "checkpoint.pt"
        trainer = Trainer(
            self._train,
            self._val,
            settings,
            entry.weights,
            checkpoint,
            augmentation=self._augmentation,
            meter=self._meter(),
        )
        network = trainer.fit()
        export_untuned(network, trainer.spec, self.model(entry))
        row = self._measure(entry, trainer, command)
        temporary = self._row_file(entry).with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(row), indent=1) + "\n")
        temporary.replace(self._row_file(entry))
        checkpoint.unlink()  # hundreds of megabytes that nobody goes on from
        return row

    def _row_file(self, entry: Entry) -> Path:
        return self.folder / f"{entry.key}.json"

    def _measure(self, entry: Entry, trainer: Trainer, command: str) -> Row:
        last = trainer.history[-1].figures
        energies = [record.energy_kwh for record in trainer.history if record.energy_kwh is not None]
        return Row(
            architecture=entry.architecture,
            mode=entry.mode,
            weights="none" if entry.from_scratch else "ImageNet",
            size=self.settings.input_size[0],
            epochs=self.settings.epochs,
            seed=self.settings.seed,
            crops=len(self._train),
            accuracy=last.accuracy,
            macro_f1=last.macro_f1,
            precision=float(np.mean([last.labels[label].precision for label in FACE_LABELS])),
            recall=float(np.mean([last.labels[label].recall for label in FACE_LABELS])),
            megabytes=self.model(entry).stat().st_size / 1e6,
            seconds=sum(record.seconds for record in trainer.history),
            energy_kwh=sum(energies) if len(energies) == len(trainer.history) else None,
            command=command,
        )


def export_untuned(network: nn.Module, spec: InputFormat, path: Path) -> None:
    """Export a network to be timed and weighed; its card holds no fitted thresholds."""
    export_onnx(network, draft_card("0.0.0", spec.input_size, spec.mean, spec.std), path)
