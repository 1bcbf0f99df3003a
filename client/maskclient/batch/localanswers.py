"""The answers that workers of this computer leave in a folder."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from maskclient.batch.answers import Answer, read_answer
from maskclient.batch.ownfiles import FORM
from maskclient.errors import BatchFailed

FORMS = ("failed", "out")
LONGEST_PATH = 700
"""Bytes, as the function has it (``maskservice.batch.keys``)."""

_SUFFIX = ".json"
_VERSION_DIGITS = 32


def hold_to_form(results: Path, form: str) -> None:
    """Hold a folder to one form of pictures: a failure does not tell how its picture was looked at.

    Parameters
    ----------
    results : Path
        The folder of the workers.
    form : str
        ``crops`` or ``photos``.

    Raises
    ------
    BatchFailed
        If it holds answers about the other form, or cannot be written.
    """
    place, part = results / FORM, results / f".{FORM}.{os.getpid()}"
    try:
        if not place.exists():
            part.write_text(form, encoding="utf-8")
            part.replace(place)  # whole or not at all, also after a kill
        known = place.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BatchFailed(f"{results} cannot be used: {error.strerror or error}.") from error
    if known != form:
        raise BatchFailed(
            f"{results} holds answers about {known}, not about {form}. "
            "Name another --out, or another --results."
        )


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
