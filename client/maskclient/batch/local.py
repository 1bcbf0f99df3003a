"""Judges files with all cores of this computer, and goes on where an earlier run ended."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from maskclient.batch.answers import Answer, rows_of
from maskclient.batch.journal import Journal
from maskclient.batch.localanswers import answers_in, hold_to_form
from maskclient.batch.progress import Stage
from maskclient.batch.workers import GivenUp, Ready, Told, Workers
from maskclient.errors import BatchFailed

MOST_UNDONE = 20
"""After so many files in a row that could not be done, the fault is not with the files."""


class LocalBatch:
    """Keeps what workers answer.

    Parameters
    ----------
    journal : Journal
        Holds the files, and learns the answers.
    root : Path
        The folder below which they lie.
    results : Path
        The folder in which the workers leave them.
    stage : Stage
        Is told of each file.
    crops : bool
        Whether each picture is the crop of one face, in which no face is looked for.
    """

    def __init__(self, journal: Journal, root: Path, results: Path, stage: Stage, *, crops: bool) -> None:
        self._journal = journal
        self._root = root
        self._results = results
        self._stage = stage
        self._undone = 0
        self._crops = crops
        self._judges: dict[str, str] = {}

    def run(self, workers: Workers) -> None:
        """Have every file judged that is not judged yet.

        Parameters
        ----------
        workers : Workers
            Judge the files.

        Raises
        ------
        BatchFailed
            If the answers cannot be kept, or the journal or the folder holds those of another model or
            detector, or crops where photos are meant.
        LocalServiceFailed
            If no worker starts.
        """
        hold_to_form(self._results, "crops" if self._crops else "photos")
        with closing(workers.work(self._paths())) as events:
            for event in events:
                match event:
                    case Ready(document):
                        detector = None if self._crops else document["detector"]
                        self._judges = _judges(document["model"], detector)
                        self._journal.bind(**self._judges)
                    case Told(path, document):
                        self._keep(path, document)
                    case GivenUp(path, detail):
                        self._journal.problem(path, "worker-died", detail)
                        self._stage.advance()
        self._journal.commit()

    def _paths(self) -> Iterator[str]:
        return (entry.path for entry in self._journal.entries("found"))

    def _keep(self, path: str, document: Mapping[str, Any]) -> None:
        self._stage.advance()
        if document.get("done") is not True:
            self._note_undone(path, str(document.get("error") or "the worker does not say why"))
            return
        self._undone = 0
        for tail, answer in answers_in(self._results, path, self._root / path):
            self._check_judges(answer)
            if answer.kind != "archive":
                rows = rows_of(answer, path, None, tail)
                self._journal.answer(path, rows, tail, failed=answer.kind == "failure")
        self._journal.done(path)

    def _check_judges(self, answer: Answer) -> None:
        """Refuse answers that lie there from before, if another model or detector gave them."""
        if answer.kind != "picture":
            return
        theirs = _judges(answer.document["model"], answer.document.get("detector"))
        for name, expected in self._judges.items():
            if theirs[name] != expected:
                raise BatchFailed(
                    f"{self._results} holds answers of the {name} {theirs[name]}, and here it is "
                    f"{expected}. Name another --out, or another --results."
                )

    def _note_undone(self, path: str, reason: str) -> None:
        self._journal.problem(path, "not-done", reason)
        self._undone += _can_be_read(self._root / path)
        if self._undone >= MOST_UNDONE:
            raise BatchFailed(
                f"{self._undone} files in a row could not be done; the last one: {reason}. "
                "The same command goes on from here."
            )


def _can_be_read(file: Path) -> bool:
    try:
        with file.open("rb"):
            return True
    except OSError:
        return False


def _judges(model: Mapping[str, Any], detector: Mapping[str, Any] | None) -> dict[str, str]:
    return {"model": _name(model), "detector": _name(detector)}


def _name(model: Mapping[str, Any] | None) -> str:
    if model is None:
        return "none"
    threshold = f", threshold {model['threshold']}" if "threshold" in model else ""
    return f"{model['name']} {model['version']} ({model['sha256']}{threshold})"
