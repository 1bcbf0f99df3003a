"""What stands for an archive's member in a key, or in the name of a file."""

import re
from pathlib import PurePosixPath

_LONGEST_PART = 200
"""Bytes of one part; file systems take 255, and suffixes come behind."""

_LONGEST = 250
"""Bytes of the whole, which leaves room for the archive's own path in a key of 1024."""

_PLAIN = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|~/][^\x00-\x1f\x7f\\:*?\"<>|/]*")
"""A part that every file system and every tool takes as it is; `~` at its beginning is ours."""

_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}")


class Filing:
    """Gives each member of one archive a name of its own, the same at every reading."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def filed(self, name: str, number: int) -> str:
        """Return a member's own name where that can be a key, and one after its number otherwise.

        Parameters
        ----------
        name : str
            As the archive has it.
        number : int
            The member's place in the archive, from 0.
        """
        folded = name.casefold()
        if _is_plain(name) and folded not in self._given:
            self._given.add(folded)
            return name
        suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
        return f"~{number}{suffix if _SUFFIX.fullmatch(suffix) else ''}"


def _is_plain(name: str) -> bool:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    parts = name.split("/")
    return size <= _LONGEST and all(
        _PLAIN.fullmatch(part) and part not in (".", "..") and len(part.encode()) <= _LONGEST_PART
        for part in parts
    )
