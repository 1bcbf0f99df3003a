import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from maskclient.batch.workerprocess import WORKER, WorkerDied, WorkerProcess, worker_arguments
from maskclient.batch.workers import GivenUp, Ready, Told, Workers
from maskclient.errors import LocalServiceFailed
from tests.unit.maskclient.test_local import gone_soon

FAKE = (sys.executable, str(Path(__file__).with_name("fakeworker.py")))


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    return tmp_path / "in", tmp_path / "out"


def workers(places: tuple[Path, Path], number: int = 2) -> Workers:
    return Workers(number, worker_arguments(*places, crops=False), FAKE)


def write(places: tuple[Path, Path], **contents: str) -> list[str]:
    paths = {name.replace("_", "."): content for name, content in contents.items()}
    for path, content in paths.items():
        (places[0] / path).write_text(content)
    return list(paths)


def pids(places: tuple[Path, Path]) -> set[int]:
    return {int(line.split()[0]) for line in (places[1] / "asked").read_text().splitlines()}


def test_every_file_is_answered_once(places: tuple[Path, Path]) -> None:
    paths = write(places, **{f"p{number}_jpg": "compliant" for number in range(100)})
    events = list(workers(places).work(iter(paths)))
    answered = [event.path for event in events if isinstance(event, Told)]
    assert sorted(answered) == sorted(paths)
    assert 1 <= sum(isinstance(event, Ready) for event in events) <= 2
    assert all(gone_soon(pid) for pid in pids(places))


def test_nothing_to_do_starts_nothing(places: tuple[Path, Path]) -> None:
    assert list(workers(places).work(iter(()))) == []
    assert not (places[1] / "asked").exists()


def test_files_are_taken_a_few_ahead_only(places: tuple[Path, Path]) -> None:
    paths = write(places, **{f"p{number:03}_jpg": "compliant" for number in range(200)})
    taken = 0

    def coming() -> Iterator[str]:
        nonlocal taken
        for path in paths:
            taken += 1
            yield path

    answered = 0
    for event in workers(places).work(coming()):
        answered += isinstance(event, Told)
        assert taken <= answered + 40
    assert answered == 200


def test_a_worker_that_dies_is_replaced_and_its_files_are_given_again(places: tuple[Path, Path]) -> None:
    paths = write(
        places, a_jpg="compliant", b_jpg="die-once", c_jpg="violation", d_jpg="none", e_jpg="compliant"
    )
    events = list(workers(places, 1).work(iter(paths)))
    assert sorted(event.path for event in events if isinstance(event, Told)) == paths
    assert len(pids(places)) == 2


@pytest.mark.parametrize("evil", ["die", "mad"])
def test_a_file_that_kills_three_workers_is_given_up_alone(places: tuple[Path, Path], evil: str) -> None:
    paths = write(
        places, a_jpg="compliant", b_jpg=evil, c_jpg="compliant", d_jpg="compliant", e_jpg="compliant"
    )
    events = list(workers(places, 1).work(iter(paths)))
    (given_up,) = [event for event in events if isinstance(event, GivenUp)]
    assert given_up.path == "b.jpg"
    assert given_up.detail.startswith("3 workers ended while they judged it; the last one: ")
    assert ("SIGABRT" if evil == "die" else "this is no answer") in given_up.detail
    assert sorted(event.path for event in events if isinstance(event, Told)) == [
        path for path in paths if path != "b.jpg"
    ]


def test_two_files_that_kill_are_told_apart(places: tuple[Path, Path]) -> None:
    paths = write(places, a_jpg="die", b_jpg="compliant", c_jpg="die", d_jpg="compliant")
    events = list(workers(places).work(iter(paths)))
    assert sorted(event.path for event in events if isinstance(event, GivenUp)) == ["a.jpg", "c.jpg"]
    assert sorted(event.path for event in events if isinstance(event, Told)) == ["b.jpg", "d.jpg"]


def test_workers_that_do_not_start_are_told(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_START", "fails")
    paths = write(places, a_jpg="compliant")
    with pytest.raises(LocalServiceFailed, match=r"the model is missing\. Mend this, or .* --bucket"):
        list(workers(places).work(iter(paths)))


def test_a_function_that_is_not_there_is_told(places: tuple[Path, Path]) -> None:
    command = (sys.executable, "-P", "-m", "no_such_module")
    with pytest.raises(LocalServiceFailed, match="no_such_module"):
        list(Workers(1, [], command).work(iter(write(places, a_jpg="compliant"))))
    assert WORKER[:3] == command[:3]


def test_what_is_no_worker_is_told(places: tuple[Path, Path]) -> None:
    command = (sys.executable, "-c", "print('{}')")
    with pytest.raises(LocalServiceFailed, match="no worker of this version"):
        list(Workers(1, [], command).work(iter(write(places, a_jpg="compliant"))))


def test_workers_end_when_the_work_is_given_up(places: tuple[Path, Path]) -> None:
    paths = write(places, **{f"p{number}_jpg": "compliant" for number in range(50)})
    before = threading.active_count()
    with closing(workers(places).work(iter(paths))) as events:
        for event in events:
            if isinstance(event, Told):
                break
    assert threading.active_count() == before
    assert all(gone_soon(pid) for pid in pids(places))


def test_a_worker_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    from maskclient.batch import workerprocess

    monkeypatch.setattr(workerprocess, "STOP_SECONDS", 0.2)
    stubborn = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('{}', flush=True); time.sleep(60)"
    )
    with WorkerProcess([], (sys.executable, "-c", stubborn)) as worker:
        worker.read()
        worker.terminate()
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert gone_soon(worker.pid)


def test_a_dead_worker_takes_nothing(places: tuple[Path, Path]) -> None:
    with WorkerProcess(worker_arguments(*places, crops=True), FAKE) as worker:
        worker.wait_until_ready()
        os.kill(worker.pid, 9)
        with pytest.raises(WorkerDied, match="SIGKILL"):
            worker.read()
        with pytest.raises(WorkerDied, match="SIGKILL"):
            worker.ask("a.jpg")


def test_crops_are_told_to_workers() -> None:
    assert worker_arguments(Path("i"), Path("o"), crops=True) == ["--in", "i", "--out", "o", "--crops"]


def test_an_archive_may_kill_more_workers_which_isolate_its_member(places: tuple[Path, Path]) -> None:
    paths = write(places, a_zip="die", b_jpg="compliant")
    events = list(workers(places).work(iter(paths)))
    (given_up,) = [event for event in events if isinstance(event, GivenUp)]
    assert given_up.detail.startswith("20 workers ended")
    asked = [line.split() for line in (places[1] / "asked").read_text().splitlines()]
    assert [receives for _, path, receives in asked if path == "a.zip"] == [str(n) for n in range(1, 21)]
    assert [receives for _, path, receives in asked if path == "b.jpg"] == ["1"]
