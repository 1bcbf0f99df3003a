"""Tells MLflow what a training does: a server, or a folder on this machine."""

import os
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from rich.console import Console

from masktrain.errors import TrainingError
from masktrain.training.history import EpochRecord
from masktrain.training.tracking import Parameters

if TYPE_CHECKING:
    from mlflow.entities import Metric

EXPERIMENT = "maskcheck"

# MLflow asks for a database where it once kept files, but without a server its small package has
# nothing else. It reports its use to its makers unless told otherwise, and tries a server that
# does not answer for minutes.
_DEFAULTS = {
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
}


class MlflowTracker:
    """One MLflow run for each start of a training; a resumed one tells its first epochs again.

    Once training runs, MLflow's failures are told and otherwise passed over: no tracker is worth
    hours of training.

    Parameters
    ----------
    uri : str
        A server's address, or a folder.
    """

    def __init__(self, uri: str) -> None:
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        try:
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
        except ImportError as error:
            raise TrainingError(
                "--track mlflow needs MLflow: pip install 'maskcheck[tracking]', or leave it out."
            ) from error
        self._failure = MlflowException
        self._uri = uri if "://" in uri else Path(uri).resolve().as_uri()
        self._console = Console(stderr=True)
        self._run = ""
        try:
            self._client = MlflowClient(tracking_uri=self._uri)
            experiment = self._client.get_experiment_by_name(EXPERIMENT)
            self._experiment = (
                experiment.experiment_id if experiment else self._client.create_experiment(EXPERIMENT)
            )
        except MlflowException as error:
            raise TrainingError(f"MLflow cannot be used at {uri}: {_first_line(error)}") from error

    def begin(self, parameters: Parameters) -> None:
        """Open a run and tell it the settings.

        Raises
        ------
        TrainingError
            If MLflow does not take them: better now than unnoticed for hours.
        """
        from mlflow.entities import Param

        try:
            self._run = self._client.create_run(self._experiment).info.run_id
            self._client.log_batch(
                self._run, params=[Param(name, str(value)) for name, value in parameters.items()]
            )
        except self._failure as error:
            raise TrainingError(f"MLflow takes no run at {self._uri}: {_first_line(error)}") from error

    def log(self, record: EpochRecord) -> None:
        """Tell an epoch's figures."""
        try:
            self._client.log_batch(self._run, metrics=_metrics(record))
        except self._failure as error:
            self._tell(error)

    def end(self, *, completed: bool) -> None:
        """Close the run."""
        try:
            self._client.set_terminated(self._run, "FINISHED" if completed else "KILLED")
        except self._failure as error:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        self._console.print(f"MLflow missed an entry: {_first_line(error)}", highlight=False, soft_wrap=True)


def _metrics(record: EpochRecord) -> "list[Metric]":
    from mlflow.entities import Metric

    now = int(time() * 1000)
    figures = {name: value for name, value in record.as_row().items() if name not in {"epoch", "stage"}}
    return [Metric(name, float(value), now, record.epoch) for name, value in figures.items()]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
