import io
import json
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from maskservice.batch import local
from maskservice.batch.folders import FolderQueue, FolderStore
from maskservice.batch.judging import Judge
from maskservice.batch.messages import Delivery
from maskservice.batch.settings import BatchSettings
from maskservice.batch.store import Store
from maskservice.batch.summary import CollectedSummary
from maskservice.batch.tally import Tally
from maskservice.batch.worker import Worker
from maskservice.telemetry import logger
from tests.batches import BUCKET, EXAMPLES, Cloud
from tests.unit.maskservice.batch.archivesmade import zipped


class Stream:
    """Standard input or output, as bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    given = tmp_path / "given"
    (given / "x").mkdir(parents=True)
    shutil.copy(EXAMPLES / "group.jpg", given / "group.jpg")
    shutil.copy(EXAMPLES / "hopper.jpg", given / "x" / "ü hopper.jpg")
    (given / "broken.jpg").write_bytes(b"text")
    (given / "many.zip").write_bytes(
        zipped(("a.jpg", (EXAMPLES / "hopper.jpg").read_bytes()), ("b.txt", b""))
    )
    return given


def run(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    lines: list[Any],
    *options: str,
    handlers: dict[int, Any] | None = None,
) -> tuple[int, list[Any]]:
    """Run in this process; returns the status and the answers."""
    heard = {} if handlers is None else handlers
    monkeypatch.setattr(signal, "signal", heard.__setitem__)  # those of pytest stay
    monkeypatch.setattr(logger, "handlers", list(logger.handlers))
    monkeypatch.setattr(logger, "propagate", True)
    request = b"".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines
    )
    output = Stream()
    monkeypatch.setattr(sys, "stdin", Stream(request))
    monkeypatch.setattr(sys, "stdout", output)
    status = local.main(["--in", str(folder), "--out", str(folder.parent / "out"), *options])
    return status, [json.loads(line) for line in output.buffer.getvalue().splitlines()]


def files(folder: Path, name: str) -> list[str]:
    out = folder.parent / "out" / name
    return sorted(str(path.relative_to(out).parent) for path in out.rglob("*.json"))


def test_every_file_is_answered_in_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["group.jpg", "x/ü hopper.jpg", "broken.jpg", "many.zip", "absent.jpg"]
    status, (ready, *answers) = run(monkeypatch, folder, [{"path": name} for name in names])
    assert status == 0
    assert ready["ready"] is True
    assert set(ready["model"]) == {"name", "version", "sha256"}
    assert ready["detector"]["threshold"] > 0
    assert [answer["path"] for answer in answers] == names
    assert all(answer["done"] for answer in answers)
    group, hopper, broken, many, absent = answers
    violations = group.pop("violations")
    assert group == {"path": "group.jpg", "done": True, "pictures": 1, "faces": 6, "failed": 0, "skipped": 0}
    assert violations >= 2
    assert (hopper["faces"], broken["failed"], absent["failed"]) == (1, 1, 1)
    assert (many["pictures"], many["faces"], many["skipped"]) == (1, 1, 1)
    assert files(folder, "failed") == ["absent.jpg", "broken.jpg"]
    assert files(folder, "out")[0] == "group.jpg"
    lines = (folder.parent / "out" / "dead-letter.jsonl").read_text().splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["undecodable-image", "gone"]


def test_what_is_done_is_not_done_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"path": "group.jpg"}, {"path": "broken.jpg"}]
    _, (_, *first) = run(monkeypatch, folder, lines)
    before = files(folder, "")
    _, (_, *second) = run(monkeypatch, folder, lines)
    assert second == [{**answer, "again": True} for answer in first]
    assert files(folder, "") == before
    (folder / "broken.jpg").write_bytes((folder / "group.jpg").read_bytes())
    _, (_, *third) = run(monkeypatch, folder, [{"path": "broken.jpg"}])
    assert third[0]["pictures"] == 1  # another content is another version


def test_results_say_where_the_files_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, folder, [{"path": "x/ü hopper.jpg"}])
    (result,) = (folder.parent / "out" / "out").rglob("*.json")
    document = json.loads(result.read_text())
    assert document["path"] == "x/ü hopper.jpg"
    assert document["source"] == {
        "bucket": "local",
        "key": "in/x/ü hopper.jpg",
        "version": result.stem,
        "member": None,
    }
    assert (folder.parent / "out" / document["summary"]).is_file()


def test_crops_are_judged_as_crops(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, (_, answer) = run(monkeypatch, folder, [{"path": "x/ü hopper.jpg"}], "--crops")
    assert answer["faces"] == 1
    (result,) = (folder.parent / "out" / "out").rglob("*.json")
    assert json.loads(result.read_text())["faces"][0]["box"] == [0, 0, 512, 600]


@pytest.mark.parametrize(
    "line", [b"text\n", b"{}\n", b"7\n", {"path": ""}, {"path": "/etc/passwd"}, {"path": "../a.jpg"}]
)
def test_a_line_that_is_none_is_answered_too(
    line: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, (_, answer, after) = run(monkeypatch, folder, [line, {"path": "broken.jpg"}])
    assert (status, answer["done"], after["done"]) == (0, False, True)
    assert "no line about a file" in answer["error"]


def test_what_may_pass_is_not_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "folder.jpg").mkdir()
    _, (_, answer) = run(monkeypatch, folder, [{"path": "folder.jpg"}])
    assert answer == {"path": "folder.jpg", "done": False, "error": "Is a directory."}


def test_a_picture_that_ended_processes_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Death(BaseException):
        pass

    def die(*_: object) -> None:
        raise Death

    monkeypatch.setattr("maskservice.batch.judging.Judge.photo", die)
    for receives in range(1, 5):
        with pytest.raises(Death):
            run(monkeypatch, folder, [{"path": "group.jpg", "receives": receives}])
    _, (_, answer) = run(monkeypatch, folder, [{"path": "group.jpg", "receives": 5}])
    assert (answer["done"], answer["failed"]) == (True, 1)


class HurriedWorker(Worker):
    """Has no time for more than a member, and notes which it begins with."""

    def __init__(self, judge: Judge, store: Store, queue: FolderQueue, settings: BatchSettings) -> None:
        summary = CollectedSummary(store, "one")
        super().__init__(judge, store, queue, summary, settings, lambda: True)
        self.begun: list[int] = []

    def work(self, delivery: Delivery) -> Tally:
        self.begun.append(delivery.progress.first)
        return super().work(delivery)


def test_the_rest_of_an_archive_is_done_at_once(folder: Path, judge: Judge, settings: BatchSettings) -> None:
    out = folder.parent / "out"
    queue = FolderQueue(out)
    worker = HurriedWorker(judge, FolderStore(folder, out, 1000), queue, settings)
    answer = local.LocalWork(worker, queue, crops=False).answer(b'{"path": "many.zip"}')
    assert worker.begun == [0, 1]
    assert (answer["pictures"], answer["skipped"]) == (1, 1)


@pytest.mark.parametrize("error", [ValueError("odd"), KeyError("odd"), TypeError("odd")])
def test_an_error_of_the_work_is_no_error_of_the_line(
    error: Exception, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("maskservice.batch.worker.Worker.work", fail)
    _, (_, answer) = run(monkeypatch, folder, [{"path": "group.jpg"}])
    assert answer["error"] == f"{type(error).__name__}: {error}"


def test_a_result_that_was_cut_short_is_written_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, folder, [{"path": "group.jpg"}])
    (result,) = (folder.parent / "out" / "out").rglob("*.json")
    result.write_bytes(result.read_bytes()[:100])
    _, (_, answer) = run(monkeypatch, folder, [{"path": "group.jpg"}])
    assert (answer["done"], answer["faces"]) == (True, 6)
    assert len(json.loads(result.read_text())["faces"]) == 6


def test_signals_are_not_heard_once_the_work_is_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[int, Any] = {}
    run(monkeypatch, folder, [{"path": "broken.jpg"}], handlers=told)
    assert told == {signal.SIGTERM: signal.SIG_IGN, signal.SIGINT: signal.SIG_IGN}


@pytest.mark.parametrize("variable", ["MASKCHECK_MODEL", "MASKCHECK_DETECTOR"])
def test_a_start_that_fails_is_one_line(
    variable: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "absent.onnx")
    assert run(monkeypatch, folder, [])[0] == 2
    assert run(monkeypatch, folder / "absent", [])[0] == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "absent.onnx" in first
    assert "is no folder" in second


def test_without_the_registrys_model_no_other_judges(
    folder: Path, sky: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODEL_URI", f"s3://{BUCKET}/models")
    monkeypatch.setenv("MODEL_VERSION", "1.2.0")
    assert sky.keys("models/") == []
    assert run(monkeypatch, folder, [])[0] == 2
    assert "model store" in capsys.readouterr().err
