"""Archives, made in code: sound ones, and such as no program packs."""

import io
import struct
import tarfile
import zipfile


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return packed.getvalue()


def tarred(*members: tuple[str, bytes], mode: str = "w:") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def encrypted(data: bytes) -> bytes:
    """A zip of one member that says of itself that it is encrypted."""
    marked = bytearray(zipped(("a.jpg", data)))
    marked[6] |= 1  # general purpose bit 0 in the member's own header
    marked[marked.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    return bytes(marked)


def announcing(size: int) -> bytes:
    """A tar whose only member says that it is larger than the tar."""
    packed = bytearray(tarred(("a.jpg", b"x")))
    packed[124:136] = f"{size:011o}\0".encode()
    checksum = sum(packed[:148]) + 8 * 32 + sum(packed[156:512])
    packed[148:156] = f"{checksum:06o}\0 ".encode()
    return bytes(packed)


def long_name_of(size: int) -> bytes:
    """A tar whose first header announces a name of so many bytes."""
    packed = bytearray(announcing(size))
    packed[156:157] = b"L"
    checksum = sum(packed[:148]) + 8 * 32 + sum(packed[156:512])
    packed[148:156] = f"{checksum:06o}\0 ".encode()
    return bytes(packed)


def directory_of(size: int) -> bytes:
    """A zip that announces a directory of so many bytes, and has room for it."""
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)
    return bytes(size) + end
