"""Ways to break a picture, drawn at random; the same seed breaks it the same way."""

import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random

Mutator = Callable[[bytes, Random], bytes]

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})


def flip_bits(data: bytes, rng: Random) -> bytes:
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16, 64))):
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
    return bytes(broken)


def set_bytes(data: bytes, rng: Random) -> bytes:
    broken = bytearray(data)
    start = rng.randrange(len(broken))
    for place in range(start, min(len(broken), start + rng.choice((1, 2, 4, 32)))):
        broken[place] = rng.choice((0, 0xFF, rng.randrange(256)))
    return bytes(broken)


def cut(data: bytes, rng: Random) -> bytes:
    return data[: rng.randrange(len(data))] or data


def drop(data: bytes, rng: Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice((1, 2, 8, 100)) :] or data


def repeat(data: bytes, rng: Random) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 200)]
    return data[:start] + piece * rng.choice((2, 3, 50)) + data[start:]


def edge_numbers(data: bytes, rng: Random) -> bytes:
    """Write a number at the edge of its range somewhere near the start, where the headers are."""
    broken = bytearray(data)
    place = rng.randrange(min(len(broken), 200))
    form = rng.choice((">H", "<H", ">I", "<I"))
    number = struct.pack(form, rng.choice(_EDGES) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
    broken[place : place + len(number)] = number
    return bytes(broken)


def change_png_chunk(data: bytes, rng: Random) -> bytes:
    """Break a chunk and mend its checksum, so that what is broken reaches the decoder."""
    if not data.startswith(b"\x89PNG"):
        return flip_bits(data, rng)
    chunks = _png_chunks(data)
    index = rng.randrange(len(chunks))
    kind, content = chunks[index]
    change = rng.choice(("content", "content", "kind", "swap", "double", "inflate"))
    if change == "kind":
        kind = bytes(rng.randrange(65, 123) for _ in range(4))
    elif change == "swap":
        other = rng.randrange(len(chunks))
        chunks[other], (kind, content) = (kind, content), chunks[other]
    elif change == "double":
        chunks.insert(index, (kind, content))
    elif change == "inflate" and kind == b"IDAT":
        try:
            content = zlib.compress(flip_bits(zlib.decompress(content), rng))
        except zlib.error:
            content = flip_bits(content, rng)
    elif content:
        change_content = rng.choice((flip_bits, set_bytes, edge_numbers, cut))
        content = change_content(content, rng) if len(content) > 1 else b""
    chunks[index] = (kind, content)
    return data[:8] + b"".join(_png_chunk(*chunk) for chunk in chunks)


def change_jpeg_frame(data: bytes, rng: Random) -> bytes:
    """Announce another size, depth or number of colours."""
    place = 2
    while place + 10 < len(data) and data[place] == 0xFF:
        if data[place + 1] in _JPEG_FRAMES:
            broken = bytearray(data)
            field = rng.choice((4, 5, 6, 7, 8, 9, 11))
            broken[place + field] = rng.choice((0, 1, 2, 0x11, 0x41, 0xFF, rng.randrange(256)))
            return bytes(broken)
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return set_bytes(data, rng)


def change_webp_size(data: bytes, rng: Random) -> bytes:
    """Announce another size of a chunk or of the canvas."""
    if data[8:12] != b"WEBP":
        return edge_numbers(data, rng)
    broken = bytearray(data)
    place = rng.choice((4, 16, 20, 24, 26, 27, 28))
    broken[place : place + 2] = struct.pack("<H", rng.choice(_EDGES) & 0xFFFF)
    return bytes(broken)


MUTATORS: Sequence[Mutator] = (
    flip_bits,
    set_bytes,
    cut,
    drop,
    repeat,
    edge_numbers,
    change_png_chunk,
    change_png_chunk,
    change_jpeg_frame,
    change_webp_size,
)


def mutate(pictures: Sequence[bytes], seed: int, index: int) -> bytes:
    """Make input ``index`` of a run: one of the pictures, or two spliced, broken one to four times."""
    rng = Random(f"{seed}/{index}")
    data = rng.choice(pictures)
    if rng.random() < 0.1:
        other = rng.choice(pictures)
        data = data[: rng.randrange(1, len(data))] + other[rng.randrange(len(other)) :]
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice(MUTATORS)(data, rng) or data
    return data


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks = []
    place = 8
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks or [(b"IEND", b"")]


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum
