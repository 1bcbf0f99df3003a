"""Works at files of a folder: ``python -m maskservice.batch.local --in FOLDER --out FOLDER [--crops]``.

A line of JSON in (``{"path": "a/b.jpg"}``), one out. Another program starts as many of these as there
are cores, hands out the paths and shows how far it is.
"""

import argparse
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import FrameType
from typing import Any, BinaryIO
from uuid import uuid4

from maskservice.batch.documents import Models, line
from maskservice.batch.facefinder import load_face_finder
from maskservice.batch.folders import BUCKET, FolderQueue, FolderStore, FolderSummary
from maskservice.batch.judging import Judge
from maskservice.batch.keys import INPUTS
from maskservice.batch.messages import Delivery, Progress
from maskservice.batch.settings import BatchSettings
from maskservice.batch.tally import Tally
from maskservice.batch.worker import Worker
from maskservice.errors import MaskServiceError, ModelUnavailable
from maskservice.loading import load_model
from maskservice.modelstore import read_model
from maskservice.settings import Settings
from maskservice.telemetry import logger

START_FAILED = 2
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class LocalWork:
    """The work of one process.

    Attributes
    ----------
    worker : Worker
        Works at a file.
    queue : FolderQueue
        Where the worker leaves the rest of an archive.
    crops : bool
        Whether the pictures are face crops rather than photos.
    """

    worker: Worker
    queue: FolderQueue
    crops: bool

    def answer(self, request: bytes) -> dict[str, Any]:
        """Work at the file that a line names.

        Parameters
        ----------
        request : bytes
            JSON with ``path``, relative to the folder of inputs, and perhaps ``receives``, how often
            a process has begun with it.

        Returns
        -------
        dict
            What is written as the answer.
        """
        path: str | None = None
        try:
            told = json.loads(request)
            path = str(told["path"])
            delivery = _delivery(path, int(told.get("receives", 1)), crop=self.crops)
        except (ValueError, KeyError, TypeError) as error:
            return {"path": path, "done": False, "error": f"This is no line about a file: {error}"}
        try:
            tally = self._work(delivery)
        except MaskServiceError as error:
            return {"path": path, "done": False, "error": error.detail}
        except Exception as error:  # as for a message of the queue: the next file may be better
            return {"path": path, "done": False, "error": f"{type(error).__name__}: {error}"}
        return _told(path, tally)

    def _work(self, delivery: Delivery) -> Tally:
        tally = self.worker.work(delivery)
        self.worker.finish()
        while self.queue.waiting:
            rest = self.queue.waiting.pop()
            progress = Progress(*(rest[name] for name in ("first", "judged", "failed", "skipped")))
            tally.add(self.worker.work(replace(delivery, receives=1, progress=progress)))
            self.worker.finish()
        return tally


def _delivery(path: str, receives: int, *, crop: bool) -> Delivery:
    parts = PurePosixPath(path)
    if not parts.parts or parts.is_absolute() or ".." in parts.parts:
        raise ValueError("a path below the folder is needed")
    return Delivery(
        bucket=BUCKET,
        key=INPUTS + path,
        version=None,
        receives=receives,
        day=None,
        crop=crop,
        again=True,
    )


def _told(path: str, tally: Tally) -> dict[str, Any]:
    answer = {
        "path": path,
        "done": True,
        "pictures": tally.pictures,
        "faces": tally.faces,
        "violations": tally.verdicts["violation"],
        "failed": tally.failed,
        "skipped": tally.skipped,
    }
    return {**answer, "again": True} if tally.again else answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the input ends.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line by default.

    Returns
    -------
    int
        0, or 2 where the work could not begin.
    """
    options = _parse(arguments)
    logger.addHandler(logging.NullHandler())  # whoever starts this reads lines, not tracebacks
    logger.propagate = False
    try:
        judge, work = _prepared(options)
    except (MaskServiceError, OSError, ValueError) as error:
        reason = error.detail if isinstance(error, MaskServiceError) else error
        sys.stderr.write(f"The work cannot begin: {reason}\n")
        return START_FAILED
    for name in _SIGNALS:
        signal.signal(name, _end)
    try:
        models = Models.of(judge)
        gc.freeze()  # what is here by now stays, and need not be looked at again
        _serve(work, {"ready": True, "model": models.model, "detector": models.detector})
    except BrokenPipeError:
        # Whoever reads the answers is gone; what was written stays, and nothing more is to be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _turn_deaf()
    return 0


def _serve(work: LocalWork, ready: dict[str, Any]) -> None:
    answers: BinaryIO = sys.stdout.buffer
    answers.write(line(ready))
    answers.flush()
    for request in sys.stdin.buffer:
        answers.write(line(work.answer(request)))
        answers.flush()


def _end(_number: int, _frame: FrameType | None) -> None:
    _turn_deaf()
    raise SystemExit(0)


def _turn_deaf() -> None:
    """Take no more signals, which would end in a complaint on stderr while the interpreter ends."""
    for name in _SIGNALS:
        signal.signal(name, signal.SIG_IGN)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m maskservice.batch.local", description="Judge files of a folder."
    )
    parser.add_argument("--in", dest="inputs", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--out", dest="outputs", type=Path, required=True, help="folder for the results")
    parser.add_argument("--crops", action="store_true", help="each picture is one face crop")
    return parser.parse_args(arguments)


def _prepared(options: argparse.Namespace) -> tuple[Judge, LocalWork]:
    if not options.inputs.is_dir():
        raise ValueError(f"{options.inputs} is no folder.")
    settings = BatchSettings.from_environment()
    store = FolderStore(options.inputs, options.outputs, settings.picture_bytes)
    model, origin = load_model(Settings.from_environment())
    if isinstance(model, ModelUnavailable):
        raise model
    if origin.fallback is not None:  # results are written once, so those of the bundled model would stay
        raise ModelUnavailable(origin.fallback)
    finder = load_face_finder(read_model(settings.detector_path))
    judge = Judge(model, finder, settings.picture_pixels)
    queue, summary = FolderQueue(options.outputs), FolderSummary(options.outputs, uuid4().hex)
    worker = Worker(judge, store, queue, summary, settings)
    return judge, LocalWork(worker, queue, options.crops)


if __name__ == "__main__":
    sys.exit(main())
