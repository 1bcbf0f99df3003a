"""How pictures travel: their JSON before them, in one binary WebSocket message."""

import io
import json
from collections.abc import Mapping
from typing import Any

from PIL import Image

MOST_BYTES = 2_000_000
"""Of one message. A picture as wide as the wall shows has a tenth of that."""
MOST_WIDTH = 960
MOST_HEIGHT = 2160
MOST_NAME = 80
"""Letters of a camera's name."""
_LENGTH = 4
_MOST_HEADER = 20_000


def pack(header: Mapping[str, Any], jpeg: bytes) -> bytes:
    """Return the message: four bytes that tell the header's length, the header, the picture."""
    told = json.dumps(header, ensure_ascii=False).encode()
    return len(told).to_bytes(_LENGTH, "big") + told + jpeg


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Return header and picture of a message of `pack`.

    Raises
    ------
    ValueError
        If it is none.
    """
    length = int.from_bytes(message[:_LENGTH], "big")
    if not 0 < length <= _MOST_HEADER or len(message) < _LENGTH + length:
        raise ValueError("A picture's message is cut off, or none.")
    return json_object(message[_LENGTH : _LENGTH + length]), message[_LENGTH + length :]


def json_object(text: str | bytes) -> dict[str, Any]:
    """Return a JSON object.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        value = json.loads(text)
    except (RecursionError, UnicodeDecodeError) as error:
        raise ValueError("This is no JSON.") from error
    if not isinstance(value, dict):
        raise ValueError("This is no JSON object.")  # noqa: TRY004 - as for text that is no JSON
    return value


def checked_name(value: object) -> str:
    """Return a camera's name as it may be shown.

    Raises
    ------
    ValueError
        If it is no text, empty or too long.
    """
    name = value.strip() if isinstance(value, str) else ""
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise ValueError(f"A camera's name must have 1 to {MOST_NAME} letters.")
    return name


def check_jpeg(jpeg: bytes) -> None:
    """Look at what another machine sent before browsers decode it.

    Raises
    ------
    ValueError
        If it is no JPEG, or larger than the wall shows.
    """
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            width, height = picture.size
    except Exception as error:  # hostile bytes can raise anything
        raise ValueError("A published picture is no JPEG.") from error
    if width > MOST_WIDTH or height > MOST_HEIGHT:
        raise ValueError(f"A published picture must not exceed {MOST_WIDTH}x{MOST_HEIGHT} pixels.")
