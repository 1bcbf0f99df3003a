"""Where everything lies: keys that follow from an input alone, so that every delivery arrives at the same."""

import hashlib
from dataclasses import dataclass, replace

INPUTS = "in/"
CROPS = "in/crops/"
RESULTS = "out"
FAILURES = "failed"
SUMMARY = "summary"
ATTEMPTS = "trying"

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")

_LONGEST_PATH = 700
"""Bytes of a path below ``in/`` that leave room for date, version and a member's name in a key of 1024."""


@dataclass(frozen=True)
class Source:
    """An input: an object in one version, or a member of an archive.

    Attributes
    ----------
    bucket, key : str
        The object.
    version : str
        Its version; in a bucket without versions its ETag.
    date : str or None
        Day (UTC) on which this version came, ``YYYY-MM-DD``; None in folders, which have no dates.
    crop : bool
        Whether a picture is one face crop rather than a photo.
    member : str or None
        Name of the archive's member, as the archive has it.
    filed : str or None
        What stands for that name in keys.
    """

    bucket: str
    key: str
    version: str
    date: str | None
    crop: bool
    member: str | None = None
    filed: str | None = None

    @property
    def path(self) -> str:
        """Path below ``in/``, a member's behind its archive's: ``job/a.zip!/b.jpg``."""
        path = self.key.removeprefix(INPUTS)
        return path if self.member is None else f"{path}!/{self.member}"

    @property
    def is_archive(self) -> bool:
        """Whether this is an object of many pictures."""
        return self.member is None and self.key.lower().endswith(ARCHIVE_SUFFIXES)

    @property
    def identity(self) -> str:
        """SHA-256 of what makes this input another than all others, in hexadecimal."""
        parts = (self.bucket, self.key, self.version, self.member or "", self.filed or "")
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def of_member(self, name: str, filed: str) -> "Source":
        """Return a member of this archive.

        Parameters
        ----------
        name : str
            As the archive has it.
        filed : str
            What stands for it in keys.
        """
        return replace(self, member=name, filed=filed)

    def place(self, root: str) -> str:
        """Return the key of a document about this input.

        Parameters
        ----------
        root : str
            Which kind of document: ``RESULTS``, ``FAILURES`` or ``ATTEMPTS``.
        """
        path = self.key.removeprefix(INPUTS)
        if len(path.encode("utf-8", "surrogatepass")) > _LONGEST_PATH:
            path = "long-" + hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()
        parts = [root, self.date, path, self.version, self.filed]
        return "/".join(part for part in parts if part) + ".json"

    def told(self) -> dict[str, str | None]:
        """Return what documents say of this input."""
        return {"bucket": self.bucket, "key": self.key, "version": self.version, "member": self.member}


def summary_key(date: str | None, name: str) -> str:
    """Return the key of a file of summary lines.

    Parameters
    ----------
    date : str or None
        Of the inputs that the lines tell of.
    name : str
        Of the file, without its suffix.
    """
    return f"{SUMMARY}/date={date}/{name}.jsonl" if date else f"{SUMMARY}/{name}.jsonl"


def is_crop(key: str) -> bool:
    """Tell whether the pictures under a key of a bucket are face crops.

    Parameters
    ----------
    key : str
        Of an input.
    """
    return key.startswith(CROPS)
