"""What a batch is called, and where its files are."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from maskclient.batch.ownfiles import JOURNAL, RESULTS, with_companions
from maskclient.batch.writing import STDOUT
from maskclient.errors import ConfigurationInvalid

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_OTHERS = re.compile(r"[^A-Za-z0-9]+")
_NAME_PART = 40
_HASH_PART = 8


@dataclass(frozen=True)
class S3Place:
    """An address such as ``s3://bucket/in/photos/job/``.

    Attributes
    ----------
    bucket : str
        Its name.
    key : str
        What follows; empty if nothing does.
    """

    bucket: str
    key: str


@dataclass(frozen=True)
class Files:
    """Where a batch keeps what it knows.

    Attributes
    ----------
    out : Path
        The table, or ``-``.
    journal : Path
        What is done so far.
    results : Path
        The folder of the answers of workers of this computer.
    """

    out: Path
    journal: Path
    results: Path

    @property
    def all(self) -> list[Path]:
        """All that a run makes."""
        return [self.out, self.results, *with_companions(self.journal)]


def s3_place(text: str) -> S3Place | None:
    """Return the address that a text is, or None if it is a path."""
    if not text.startswith("s3://"):
        return None
    bucket, _, key = text.removeprefix("s3://").partition("/")
    return S3Place(bucket, key)


def checked_job(name: str) -> str:
    """Return the name of a job, which becomes a part of keys.

    Raises
    ------
    ConfigurationInvalid
        If it has other characters than these.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationInvalid(
            f"{name!r} cannot be the name of a job: at most 100 letters, digits, dots, hyphens and "
            "underscores, and a letter or digit first."
        )
    return name


def job_of(place: str) -> str:
    """Return a name that the same folder, or the same address, always gets.

    Parameters
    ----------
    place : str
        An absolute path, or an address.
    """
    plain = unicodedata.normalize("NFKD", Path(place).name).encode("ascii", "ignore").decode()
    name = _OTHERS.sub("-", plain).strip("-")[:_NAME_PART] or "pictures"
    return f"{name}-{hashlib.sha256(place.encode(errors='surrogateescape')).hexdigest()[:_HASH_PART]}"


def files_of(job: str, out: Path | None, journal: Path | None, results: Path | None) -> Files:
    """Return where a batch keeps what it knows: beside its output, or here where there is none."""
    out = out or STDOUT
    beside = Path(job) if out == STDOUT else out
    return Files(
        out,
        journal or beside.with_name(f"{beside.name}{JOURNAL}"),
        results or beside.with_name(f"{beside.name}{RESULTS}"),
    )
