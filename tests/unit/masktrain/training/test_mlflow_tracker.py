import sys
from pathlib import Path

import numpy as np
import pytest

from masktrain.errors import TrainingError
from masktrain.training.history import EpochRecord, validation_figures
from masktrain.training.mlflow_tracker import EXPERIMENT, MlflowTracker

PERFECT = validation_figures(np.array([0, 1, 2, 3]), np.array([0, 1, 2, 3]))
RECORDS = [EpochRecord(number, "head", 1.0 / number, 1e-3, 2.0, PERFECT) for number in (1, 2)]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what the tracker sets."""
    for name in ("MLFLOW_ALLOW_FILE_STORE", "MLFLOW_DISABLE_TELEMETRY", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"):
        monkeypatch.setenv(name, "1" if name.endswith("RETRIES") else "true")


@pytest.mark.parametrize(("completed", "status"), [(True, "FINISHED"), (False, "KILLED")])
def test_a_run_holds_settings_and_figures(tmp_path: Path, completed: bool, status: str) -> None:  # noqa: FBT001
    from mlflow import MlflowClient

    folder = tmp_path / "runs of mine"
    tracker = MlflowTracker(str(folder))
    tracker.begin({"rate": 0.001, "architecture": "resnet18"})
    for record in RECORDS:
        tracker.log(record)
    tracker.end(completed=completed)
    client = MlflowClient(tracking_uri=folder.as_uri())
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == status
    assert run.data.params == {"rate": "0.001", "architecture": "resnet18"}
    assert run.data.metrics["val_incorrect_mask_recall"] == 1.0
    losses = client.get_metric_history(run.info.run_id, "loss")
    assert [(metric.step, metric.value) for metric in losses] == [(1, 1.0), (2, 0.5)]


def test_a_second_run_joins_the_experiment(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    for _ in range(2):
        tracker = MlflowTracker(str(tmp_path / "runs"))
        tracker.begin({})
        tracker.end(completed=True)
    client = MlflowClient(tracking_uri=(tmp_path / "runs").as_uri())
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    assert len(client.search_runs([experiment.experiment_id])) == 2


def test_an_address_that_cannot_be_used_is_told_before_training() -> None:
    with pytest.raises(TrainingError, match="MLflow cannot be used at nonsense://here"):
        MlflowTracker("nonsense://here")


def test_failures_while_training_are_told_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow import MlflowClient

    tracker = MlflowTracker(str(tmp_path / "runs"))
    tracker.begin({})
    run = tracker._run
    MlflowClient(tracking_uri=(tmp_path / "runs").as_uri()).delete_run(run)
    tracker.log(RECORDS[0])
    tracker._run = "0" * 32
    tracker.end(completed=True)
    assert capsys.readouterr().err.count("MLflow missed an entry") == 2


def test_a_run_that_cannot_be_opened_is_told_before_training(tmp_path: Path) -> None:
    tracker = MlflowTracker(str(tmp_path / "runs"))
    tracker._experiment = "404"
    with pytest.raises(TrainingError, match="MLflow takes no run"):
        tracker.begin({})


def test_a_missing_package_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(TrainingError, match=r"pip install 'maskcheck\[tracking\]'"):
        MlflowTracker(str(tmp_path))
