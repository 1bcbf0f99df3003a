"""The segments of a picture's file, counted before a decoder walks through them one by one."""

import re

from maskservice.errors import UndecodableImage

MOST_SEGMENTS = 2000
"""A photograph has dozens, and a PNG hundreds of chunks at most; each costs a decoder microseconds."""

_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xd9"
_JPEG_SCAN = b"\xda"
_JPEG_FILL = b"\xff"
_JPEG_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xff])")
"""Neither stuffed bytes nor restarts, which belong to the coded data (ITU-T T.81, B.1.1)."""
_PNG_START = b"\x89PNG\r\n\x1a\n"


def count_scans(data: bytes) -> int:
    """Count a JPEG's scans.

    Parameters
    ----------
    data : bytes
        The picture's file.

    Returns
    -------
    int
        1 at least, and for what is no JPEG.

    Raises
    ------
    UndecodableImage
        If a JPEG or PNG has so many segments that reading its header alone would take a second.
    """
    if data.startswith(_JPEG_START):
        scans = _jpeg_scans(data)
    else:
        scans = 1 if not data.startswith(_PNG_START) or _png_chunks_end(data) else None
    if scans is None:
        raise UndecodableImage("This picture's file has far more segments than a picture needs.")
    return max(1, scans)


def _jpeg_scans(data: bytes) -> int | None:
    """Count the scans up to the picture's end, or return None where there are too many segments.

    Telephones append a film of megabytes to a picture, in which anything may look like a marker.
    """
    place, scans = len(_JPEG_START), 0
    for _ in range(MOST_SEGMENTS):
        found = _JPEG_MARKER.search(data, place)
        if found is None or found[1] == _JPEG_END:
            return scans
        if found[1] == _JPEG_FILL:  # a byte of padding, each of which a decoder looks at
            place = found.end() - 1
            continue
        scans += found[1] == _JPEG_SCAN
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2])  # the segment's length
    return None


def _png_chunks_end(data: bytes) -> bool:
    """Tell whether a PNG ends within as many chunks as may be."""
    place = len(_PNG_START)
    for _ in range(MOST_SEGMENTS):
        if place >= len(data):
            return True
        place += 12 + int.from_bytes(data[place : place + 4])  # length, kind, content, checksum
    return False
