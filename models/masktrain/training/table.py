"""Makes the rows of the comparison that are asked for, and writes all there are."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from masktrain.errors import TrainingError
from masktrain.release.latency import ratio
from masktrain.training.architectures import DEFAULT_ARCHITECTURE, Architecture
from masktrain.training.comparison import Comparison, export_untuned
from masktrain.training.entries import Entry
from masktrain.training.latency import time_models
from masktrain.training.network import InputFormat, build_network
from masktrain.training.results import Latency, Line, format_results
from masktrain.training.weights import DOWNLOAD


class TableMaker:
    """Goes through the entries of a comparison.

    Parameters
    ----------
    comparison : Comparison
        Trains and keeps the rows.
    entries : sequence of Entry
        What the table has.
    missing : sequence of Architecture
        What it lacks for want of weights.
    command : str
        What makes a row, without the options that choose it.
    """

    def __init__(
        self, comparison: Comparison, entries: Sequence[Entry], missing: Sequence[Architecture], command: str
    ) -> None:
        self._comparison = comparison
        self._entries = entries
        self._missing = missing
        self._command = command
        self._console = Console(stderr=True)

    def make_rows(
        self, architecture: str | None = None, mode: str | None = None, most: int | None = None
    ) -> None:
        """Train the entries that have no row yet.

        Parameters
        ----------
        architecture, mode : str, optional
            Only those of this architecture or mode.
        most : int, optional
            No more than this many.

        Raises
        ------
        TrainingError
            If there is no entry of that architecture and mode, or nothing is to be learnt.
        """
        if self._comparison.settings.epochs < 1:
            raise TrainingError("A comparison takes at least 1 epoch.")
        chosen = [
            entry
            for entry in self._entries
            if architecture in (None, entry.architecture) and mode in (None, entry.mode)
        ]
        if not chosen:
            there = ", ".join(dict.fromkeys(entry.architecture for entry in self._entries)) or "none"
            raise TrainingError(
                f"No row fits: weights are at hand for {there}. Put more into the weights folder, or add "
                "--download or --from-scratch."
            )
        waiting = [entry for entry in chosen if self._comparison.row(entry) is None]
        for entry in waiting[:most]:
            self._console.print(f"{entry.key}:", highlight=False)
            self._comparison.make_row(entry, self._command_of(entry))

    def write(self, path: Path) -> None:
        """Time the models of all rows there are, in one run, and write the table."""
        lines = [Line(entry, self._comparison.row(entry), self._command_of(entry)) for entry in self._entries]
        settings = self._comparison.settings
        models = {
            line.entry.architecture: self._comparison.model(line.entry)
            for line in lines
            if line.row is not None
        }
        if DEFAULT_ARCHITECTURE not in models:
            models[DEFAULT_ARCHITECTURE] = self._untrained(InputFormat(settings.input_size))
        times = time_models(models, settings.input_size[0])
        latencies = {
            name: Latency(float(np.median(taken)), ratio(taken, times[DEFAULT_ARCHITECTURE]))
            for name, taken in times.items()
        }
        text = format_results(lines, self._missing, latencies, settings, self._comparison.crops)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self._console.print(f"{sum(line.row is not None for line in lines)} of {len(lines)} rows: {path}")

    def _untrained(self, spec: InputFormat) -> Path:
        path = self._comparison.folder / "yardstick.onnx"
        export_untuned(build_network(), spec, path)
        return path

    def _command_of(self, entry: Entry) -> str:
        options = f"--architecture {entry.architecture} --mode {entry.mode}"
        if entry.from_scratch:
            options += " --from-scratch"
        elif entry.weights == DOWNLOAD:
            options += " --download"
        return f"{self._command} {options}"
