"""Test pictures, made in code."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def scene(width: int = 120, height: int = 120, seed: int = 0) -> Image.Image:
    """A smooth picture with enough light and edges to pass every quality floor."""
    coarse = np.random.default_rng(seed).integers(40, 255, (12, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST)


def encode(picture: Image.Image, format: str = "JPEG", **options: object) -> bytes:  # noqa: A002 (Pillow's word)
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def jpeg(width: int = 120, height: int = 120, seed: int = 0) -> bytes:
    return encode(scene(width, height, seed), quality=90)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int,
    height: int,
    rows: bytes,
    depth: int = 8,
    colour_type: int = 2,
    interlace: int = 0,
    extra: bytes = b"",
) -> bytes:
    """A PNG of filtered rows as they are, whether or not they fit; `extra` are whole chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace)
    data = png_chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra + data + png_chunk(b"IEND", b"")


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces any size in a few bytes."""
    return png(width, height, b"")


def jpeg_announcing(width: int, height: int) -> bytes:
    """A small JPEG whose header lies about its size."""
    data = bytearray(jpeg(16, 16))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def grey16_png(width: int = 120, height: int = 120) -> bytes:
    values = np.asarray(scene(width, height).convert("L"), dtype=np.uint16) * 257
    return encode(Image.fromarray(values), "PNG")


def rotated_jpeg(width: int, height: int, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(scene(width, height), exif=exif)


def animation(format: str) -> bytes:  # noqa: A002
    return encode(scene(seed=1), format, save_all=True, append_images=[scene(seed=2)], duration=100)


def undecodable() -> dict[str, bytes]:
    """Pictures that are none, by what is wrong with them."""
    broken_png = bytearray(encode(scene(), "PNG"))
    broken_png[broken_png.index(b"IDAT") + 4] ^= 0xFF
    return {
        "empty": b"",
        "text": b"this is not a picture",
        "truncated-jpeg": jpeg()[:-400],
        "truncated-png": encode(scene(), "PNG")[:-200],
        "truncated-webp": encode(scene(), "WEBP")[:-200],
        "header-only-jpeg": jpeg()[:20],
        "broken-png": bytes(broken_png),
        "gif": encode(scene(), "GIF"),
        "bmp": encode(scene(), "BMP"),
        "tiff": encode(scene(), "TIFF"),
    }


def too_large() -> dict[str, bytes]:
    """Pictures that announce more pixels than are decoded."""
    return {
        "bomb-png": png_header(50_000, 50_000),
        "suspicious-png": png_header(10_000, 10_000),
        "large-png": png_header(6_000, 5_000),
        "large-jpeg": jpeg_announcing(65_000, 65_000),
    }


def unusual() -> dict[str, tuple[bytes, tuple[int, int]]]:
    """Pictures that a careful viewer shows, with the width and height it shows them at."""
    square = (120, 120)
    clear = scene().convert("RGBA")
    clear.putalpha(128)
    return {
        "16-bit": (grey16_png(), square),
        "cmyk": (encode(scene().convert("CMYK")), square),
        "grey": (encode(scene().convert("L")), square),
        "grey-alpha": (encode(clear.convert("LA"), "PNG"), square),
        "alpha": (encode(clear, "PNG"), square),
        "palette": (encode(scene().quantize(64), "PNG"), square),
        "transparent-palette": (encode(scene().quantize(64), "PNG", transparency=b"\x00\x80"), square),
        "one-bit": (encode(scene().convert("1"), "PNG"), square),
        "webp": (encode(scene(), "WEBP"), square),
        "progressive": (encode(scene(), progressive=True), square),
        "animated-webp": (animation("WEBP"), square),
        "animated-png": (animation("PNG"), square),
        "rotated": (rotated_jpeg(160, 90, 6), (90, 160)),
        "corrupt-exif": (encode(scene(), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"), square),
    }
