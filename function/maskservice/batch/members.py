"""The members of an archive, one by one, whoever packed it."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, cast

from maskservice.batch.faults import (
    ArchiveTooLarge,
    BadArchive,
    NestedArchive,
    ObjectTooLarge,
    UnreadableMember,
)
from maskservice.batch.filing import Filing
from maskservice.batch.guardedfile import GuardedFile
from maskservice.errors import MaskServiceError

PICTURE_SUFFIXES = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".webp",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".avif",
    }
)
"""Names of pictures, also of kinds that are not read: such a member fails, and is not passed over."""

_PACKED_SUFFIXES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst"})
_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1  # PKWARE APPNOTE 4.4.4, general purpose bit 0
_PIECE = 1 << 16


_Walk = Iterator[tuple[str, Callable[[], bytes] | None]]
"""Names, and how to read what is a file."""


@dataclass(frozen=True)
class ArchiveLimits:
    """How much is read of an archive.

    Attributes
    ----------
    members : int
        Most members, of any kind.
    member_bytes : int
        Most bytes of a member, unpacked.
    unpacked_bytes : int
        Most bytes of all members together, unpacked.
    """

    members: int
    member_bytes: int
    unpacked_bytes: int


@dataclass(frozen=True)
class Member:
    """A member of an archive.

    Attributes
    ----------
    name : str
        As the archive has it, what is no text in it escaped.
    filed : str
        What stands for the name in keys; no two members of an archive have the same.
    read : callable or None
        Returns the content, or raises a `PermanentFault` of this member or an `ArchiveFault`; None
        where the member is no picture by its name.
    """

    name: str
    filed: str
    read: Callable[[], bytes] | None


def members(file: IO[bytes], name: str, limits: ArchiveLimits) -> Iterator[Member]:
    """Go through an archive; a member can be read until the next is asked for.

    Parameters
    ----------
    file : binary file
        The archive; seekable.
    name : str
        Its name, whose suffix says what it is.
    limits : ArchiveLimits
        How much is read.

    Raises
    ------
    BadArchive
        If it is damaged, cut short or no such archive; members before the damage are given first
        where the kind of archive allows (a zip's directory stands at its end).
    ArchiveTooLarge
        If it passes a limit.
    """
    walk = _zip_members if name.lower().endswith(".zip") else _tar_members
    filing = Filing()
    try:
        for number, told, read in _numbered(walk(file, limits), limits.members):
            path = PurePosixPath(told.replace("\\", "/"))
            yield Member(_shown(told), filing.filed(told, number), _reader(path, read))
    except MaskServiceError:
        raise
    except Exception as error:  # readers of archives may raise anything on hostile bytes
        raise _damaged(error) from error


def _numbered(walk: _Walk, most: int) -> Iterator[tuple[int, str, Callable[[], bytes] | None]]:
    for number, (name, read) in enumerate(walk):
        if number >= most:
            raise ArchiveTooLarge(f"The archive has more than {most} members. Make several of it.")
        yield number, name, read


def _damaged(reason: object) -> BadArchive:
    return BadArchive(f"The archive is damaged, cut short or none at all ({reason}).")


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _reader(path: PurePosixPath, read: Callable[[], bytes] | None) -> Callable[[], bytes] | None:
    hidden = any(
        part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in path.parts
    )
    suffix = path.suffix.lower()
    if read is None or hidden:
        return None
    if suffix in _PACKED_SUFFIXES:
        return _refuse_nested
    return read if suffix in PICTURE_SUFFIXES else None


def _refuse_nested() -> bytes:
    raise NestedArchive("An archive inside of an archive is not opened. Pack the pictures into one.")


def _refuse_link() -> bytes:
    raise UnreadableMember("A link to another member is not followed. Pack the file itself.")


def _zip_members(file: IO[bytes], limits: ArchiveLimits) -> _Walk:
    """Yield names and readers of a zip; no reader for a folder."""
    unpacked = 0
    with zipfile.ZipFile(cast(IO[bytes], GuardedFile(file))) as archive:
        for info in archive.infolist():
            unpacked += info.file_size
            if unpacked > limits.unpacked_bytes:
                raise _too_much(limits)
            yield info.filename, None if info.is_dir() else _zip_reader(archive, info, limits)


def _zip_reader(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ArchiveLimits
) -> Callable[[], bytes]:
    def read() -> bytes:
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableMember("The member is encrypted. Pack the pictures without a password.")
        if info.compress_type not in _READ_METHODS:
            raise UnreadableMember("The member is packed by a method that is not read. Use deflate or none.")
        _check_size(info.file_size, limits)
        try:
            with archive.open(info) as content:
                return _whole(content, limits)
        except MaskServiceError:
            raise
        except Exception as error:  # as above
            raise UnreadableMember(f"The member is damaged or cut short ({error}).") from error

    return read


def _tar_members(file: IO[bytes], limits: ArchiveLimits) -> _Walk:
    """Yield names and readers of a tar, packed by gzip or not; no reader for folders and the like."""
    unpacked = 0
    guarded = GuardedFile.unpacked(file, limits.unpacked_bytes)
    with tarfile.open(fileobj=cast(IO[bytes], guarded), mode="r:") as archive:
        while (info := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]  # it keeps all of them otherwise
            unpacked += info.size
            if unpacked > limits.unpacked_bytes:
                raise _too_much(limits)
            if info.islnk() or info.issym():
                yield info.name, _refuse_link
            else:
                yield info.name, _tar_reader(archive, info, limits) if info.isreg() else None
    if guarded.last.strip(b"\0"):  # tarfile takes a broken header behind a member for the end
        raise _damaged("no header where one should be")


def _tar_reader(
    archive: tarfile.TarFile, info: tarfile.TarInfo, limits: ArchiveLimits
) -> Callable[[], bytes]:
    def read() -> bytes:
        _check_size(info.size, limits)
        try:
            with cast(IO[bytes], archive.extractfile(info)) as content:  # None for what is no file only
                return _whole(content, limits)
        except MaskServiceError:
            raise
        except Exception as error:  # what is broken here leaves no way to what comes behind
            raise _damaged(error) from error

    return read


def _check_size(size: int, limits: ArchiveLimits) -> None:
    if size > limits.member_bytes:
        raise ObjectTooLarge(f"The member has {size} bytes; at most {limits.member_bytes} are read.")


def _whole(content: IO[bytes], limits: ArchiveLimits) -> bytes:
    """Read a member, believing nothing that was said of its size."""
    data = bytearray()
    while piece := content.read(_PIECE):
        data += piece
        if len(data) > limits.member_bytes:
            raise ObjectTooLarge(f"The member has more than the {limits.member_bytes} bytes that are read.")
    return bytes(data)


def _too_much(limits: ArchiveLimits) -> ArchiveTooLarge:
    return ArchiveTooLarge(
        f"Unpacked, the archive has more than {limits.unpacked_bytes} bytes. Make several of it."
    )
