"""The answers that workers of this computer leave in a folder."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from maskclient.batch.answers import Answer, read_answer
from maskclient.errors import BatchFailed

FORMS = ("failed", "out")
LONGEST_PATH = 700
"""Bytes, as the function has it (``maskservice.batch.keys``)."""

_SUFFIX = ".json"
_VERSION_DIGITS = 32


def answers_in(results: Path, path: str, file: Path) -> Iterator[tuple[str, Answer]]:
    """Yield everything that was answered about a file: it alone, or an archive's members and the whole.

    Each comes with what stands for the member in its place, which is empty for the whole.

    Parameters
    ----------
    results : Path
        The folder of the workers.
    path : str
        The file, below the common folder.
    file : Path
        The same, wherever this process is.

    Raises
    ------
    BatchFailed
        If an answer is missing or cannot be read.
    """
    places = [results / form / _filed(path) for form in FORMS]
    version = _version(places, file)
    found = False
    for place in places:
        whole, members = place / f"{version}{_SUFFIX}", place / version
        if whole.is_file():
            found = True
            yield "", _read(whole)
        for answer in sorted(members.rglob(f"*{_SUFFIX}")):
            if answer.is_file():
                found = True
                yield answer.relative_to(members).as_posix().removesuffix(_SUFFIX), _read(answer)
    if not found:
        raise BatchFailed(f"A worker says that {path} is done, and there is no answer of it in {results}.")


def _filed(path: str) -> str:
    """Return what stands for a path in the folder: workers file long ones under a name of its own."""
    data = path.encode()
    return path if len(data) <= LONGEST_PATH else f"long-{hashlib.sha256(data).hexdigest()}"


def _version(places: list[Path], file: Path) -> str:
    """Return the version of a file that was answered; a file that has changed has several answers."""
    found = [answer for place in places for answer in place.glob(f"*{_SUFFIX}") if answer.is_file()]
    times = {answer.stem: answer.stat().st_mtime_ns for answer in found}
    if len(times) > 1:
        present = _hash(file)
        if present in times:
            return present
    return max(times, key=lambda version: times[version], default="")


def _hash(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()[:_VERSION_DIGITS]
    except OSError:
        return ""


def _read(file: Path) -> Answer:
    try:
        return read_answer(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BatchFailed(
            f"{file} cannot be read: {error}. Delete it, and the same command has it judged again."
        ) from error
