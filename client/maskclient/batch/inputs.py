"""What is judged: the pictures and archives below the paths that the user named."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskclient.batch.ownfiles import own_names
from maskclient.batch.summary import counted
from maskclient.errors import ConfigurationInvalid

PICTURES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp")
"""What the function decodes. A file named directly is taken whatever its name."""
OTHER_PICTURES = (".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif", ".avif")
"""What it does not decode; such a file fails, as in an archive, and is not passed over."""
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True, slots=True)
class Input:
    """A picture or an archive.

    Attributes
    ----------
    path : str
        Below the common folder, with slashes.
    size : int
        Bytes.
    mtime_ns : int
        When it was last changed, in nanoseconds since 1970.
    """

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """What was meant and cannot be taken.

    Attributes
    ----------
    path : str
        Below the common folder, as far as it can be written.
    type, detail : str
        What is wrong, for programs and for people.
    """

    path: str
    type: str
    detail: str


@dataclass
class LeftOut:
    """What was met and is not meant.

    Attributes
    ----------
    others : int
        Files that are neither pictures which the function decodes nor archives, by their names.
    links : int
        Links to folders, and links that lead out of the common folder.
    """

    others: int = 0
    links: int = 0

    def __str__(self) -> str:
        parts = []
        if self.others:
            parts.append(f"{counted(self.others, 'file')} neither a JPEG, PNG or WebP picture nor an archive")
        if self.links:
            parts.append(f"{counted(self.links, 'link')} to a folder or out of this one")
        return " and ".join(parts)


def readable(path: str) -> str:
    """Return a path as text that everything can hold, also where its name is not valid Unicode."""
    # Names that differ stay apart: the journal has one entry for each.
    return path.encode(errors="backslashreplace").decode()


def is_archive(path: str) -> bool:
    """Say whether a name is that of an archive."""
    return path.lower().endswith(ARCHIVES)


def common_folder(paths: Sequence[Path]) -> Path:
    """Return the deepest folder that holds everything named; a folder named alone is that folder.

    Raises
    ------
    ConfigurationInvalid
        If there is none, as between the drives of Windows, or if a path leads nowhere.
    """
    for path in paths:
        if not path.exists():
            raise ConfigurationInvalid(f"{path}: there is no such file or folder.")
    absolute = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - resolve follows links
    folders = [path if Path(path).is_dir() else str(Path(path).parent) for path in absolute]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError as error:
        raise ConfigurationInvalid(
            "These paths lie on several drives; run the command once for each."
        ) from error


class InputFinder:
    """Walks what the user named.

    What starts with a dot is hidden and left out, like links to folders and links that lead out of
    the common folder. Nothing is held in memory but the names of the folders being walked.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    root : Path
        Their common folder.
    skip : collection of Path
        Files and folders of this run; those of other runs are known by their journals.
    """

    def __init__(self, paths: Sequence[Path], root: Path, skip: Sequence[Path] = ()) -> None:
        self.left_out = LeftOut()
        self._paths = paths
        self._root = root
        self._real_root = os.path.realpath(root)
        self._skip = {os.path.realpath(path) for path in skip}
        self._skip_names = {Path(path).name for path in self._skip}

    def __iter__(self) -> Iterator[Input | Unusable]:
        for path in self._paths:
            named = os.path.abspath(path)  # noqa: PTH100 - resolve follows links
            if Path(named).is_dir():
                yield from self._walk(named)
            else:
                yield self._input(named)

    def _walk(self, folder: str) -> Iterator[Input | Unusable]:
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Unusable(
                readable(self._below(folder)), "unreadable", f"the folder cannot be read: {_reason(error)}"
            )
            return
        own = own_names(folder, {entry.name for entry in listed})
        for entry in listed:
            if entry.name.startswith(".") or entry.name in own or self._is_own(entry):
                continue
            if entry.is_symlink() and not self._leads_to_a_file_inside(entry.path):
                self.left_out.links += 1
            elif entry.is_dir():
                yield from self._walk(entry.path)
            elif entry.is_file() or entry.is_symlink():
                yield from self._file(entry)

    def _file(self, entry: os.DirEntry[str]) -> Iterator[Input | Unusable]:
        name = entry.name.lower()
        if name.endswith(PICTURES + ARCHIVES):
            yield self._input(entry.path)
        elif name.endswith(OTHER_PICTURES):
            detail = "only JPEG, PNG and WebP pictures are read; convert it"
            yield Unusable(readable(self._below(entry.path)), "undecodable-image", detail)
        else:
            self.left_out.others += 1

    def _is_own(self, entry: os.DirEntry[str]) -> bool:
        return entry.name in self._skip_names and os.path.realpath(entry.path) in self._skip

    def _leads_to_a_file_inside(self, link: str) -> bool:
        target = os.path.realpath(link)
        return not Path(target).is_dir() and target.startswith(self._real_root.rstrip(os.sep) + os.sep)

    def _input(self, file: str) -> Input | Unusable:
        path = self._below(file)
        try:
            path.encode()
        except UnicodeEncodeError:
            return Unusable(readable(path), "bad-name", "its name is not valid Unicode; rename it")
        try:
            found = Path(file).stat()
        except OSError as error:
            return Unusable(path, "unreadable", _reason(error))
        return Input(path, found.st_size, found.st_mtime_ns)

    def _below(self, file: str) -> str:
        return Path(file).relative_to(self._root).as_posix()


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
