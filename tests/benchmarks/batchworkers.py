"""Processes that work at files side by side: the batch's own, and bare ones that do nothing else.

As a program (``python -m tests.benchmarks.batchworkers bare|sessions photos|crops FOLDER``) it is one of the
bare ones, and speaks as ``maskservice.batch.local`` does: a path a line in, a line a file out.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskservice.batch.facefinder import load_face_finder
from maskservice.batch.judging import Judge
from maskservice.batch.photos import Photo
from maskservice.batch.settings import BatchSettings
from maskservice.classifier import load_classifier
from maskservice.modelstore import read_model
from maskservice.settings import bundled_model

START_S = 60.0


def load_judge() -> Judge:
    """Load the models as the batch does."""
    settings = BatchSettings.from_environment({})
    classifier = load_classifier(read_model(bundled_model()))
    return Judge(classifier, load_face_finder(read_model(settings.detector_path)))


def bare(judge: Judge, data: bytes, *, crop: bool) -> None:
    """Decode, find and classify, and forget it."""
    if crop:
        judge.crop(data)
    else:
        judge.photo(data)


def sessions(judge: Judge, data: bytes, *, crop: bool) -> Callable[[], object]:
    """Return what runs the sessions alone, on what a picture was decoded to before."""
    faces = 1 if crop else len(judge.photo(data).faces)
    height, width = judge.classifier.card.input_size[1], judge.classifier.card.input_size[0]
    tensors = [np.zeros((3, height, width), dtype=np.float32)] * faces
    pixels = None if crop else Photo(data, judge.finder.card.longest_side, 50_000_000).to_search()

    def run() -> None:
        if pixels is not None:
            judge.finder.find(pixels)
        if tensors:
            judge.classifier.probabilities(tensors)

    return run


class Spent(NamedTuple):
    """What some work took.

    Attributes
    ----------
    seconds : float
        From the first path to the last answer.
    processor_s : float
        Of all processes, which does not grow with what else a machine does; 0 where it is not told.
    """

    seconds: float
    processor_s: float


@contextmanager
def workers(command: Sequence[str], count: int) -> Iterator[Callable[[Sequence[str]], Spent]]:
    """Start processes, and give what makes them work at paths and returns what that took.

    Parameters
    ----------
    command : sequence of str
        Of one, behind the interpreter.
    count : int
        How many.

    Raises
    ------
    RuntimeError
        If one does not begin, or a file is not done.
    """
    with ExitStack() as stack:
        started = [_start(stack, command) for _ in range(count)]
        for process in started:
            _read(process)

        def work(paths: Sequence[str]) -> Spent:
            begun, before = time.perf_counter(), _processor_s(started)
            shares = [paths[number::count] for number in range(count)]
            for process, share in zip(started, shares, strict=True):
                _write(process, share)
            for process, share in zip(started, shares, strict=True):
                for _ in share:
                    _check(_read(process))
            return Spent(time.perf_counter() - begun, _processor_s(started) - before)

        yield work


def _start(stack: ExitStack, command: Sequence[str]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    # Leaving it closes its input, upon which it ends, and waits for that.
    return stack.enter_context(process)


def _processor_s(processes: Sequence["subprocess.Popen[bytes]"]) -> float:
    """Return the processor time of processes, as Linux tells it (proc(5), fields 14 and 15 of stat)."""
    stats = [Path(f"/proc/{process.pid}/stat") for process in processes]
    if not all(stat.is_file() for stat in stats):
        return 0.0
    fields = [stat.read_text(encoding="ascii").rpartition(")")[2].split() for stat in stats]
    return sum(int(told[11]) + int(told[12]) for told in fields) / os.sysconf("SC_CLK_TCK")


def _write(process: "subprocess.Popen[bytes]", paths: Sequence[str]) -> None:
    if process.stdin is None:
        raise RuntimeError("The process was started without a standard input.")
    process.stdin.write(b"".join(json.dumps({"path": path}).encode() + b"\n" for path in paths))
    process.stdin.flush()


def _read(process: "subprocess.Popen[bytes]") -> dict[str, object]:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise RuntimeError(f"A worker ended with status {process.wait(START_S)}: {process.args!r}")
    told: dict[str, object] = json.loads(line)
    return told


def _check(answer: dict[str, object]) -> None:
    if not answer.get("done") or answer.get("again") or answer.get("failed"):
        raise RuntimeError(f"A file was not judged: {answer}")


def main() -> int:
    """Be a bare worker."""
    kind, what, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    judge, crop = load_judge(), what == "crops"
    prepared: dict[bytes, Callable[[], object]] = {}
    _tell({"ready": True})
    for line in sys.stdin.buffer:
        data = (folder / json.loads(line)["path"]).read_bytes()
        if kind == "bare":
            bare(judge, data, crop=crop)
        else:
            run = prepared.get(data) or sessions(judge, data, crop=crop)
            prepared[data] = run
            run()
        _tell({"done": True})
    return 0


def _tell(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
