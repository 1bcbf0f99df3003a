"""The three body forms of a request, turned into the bytes of its pictures."""

import base64
import binascii
import json
from contextlib import aclosing
from dataclasses import dataclass

import anyio
from starlette.requests import Request

from maskservice.errors import (
    MalformedRequest,
    PayloadTooLarge,
    PictureError,
    SlowBody,
    UndecodableImage,
    UnsupportedMediaType,
    shown,
)
from maskservice.multipart import MULTIPART_TYPE, Part, read_parts

PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp")
JSON_TYPE = "application/json"
PART_NAME = "crops"

_NO_BASE64 = "This part's header says that it is base64, and it is not."


@dataclass(frozen=True)
class Upload:
    """One crop as it was sent.

    Attributes
    ----------
    filename : str or None
        As the sender named it; only multipart bodies carry names.
    content : bytes or PictureError
        The picture file, or why there is none.
    """

    filename: str | None
    content: bytes | PictureError


@dataclass(frozen=True)
class UploadLimits:
    """How much one request may carry.

    Attributes
    ----------
    max_body_bytes : int
        Largest body.
    max_crops : int
        Most crops.
    body_seconds : float
        Most seconds for the body to arrive.
    """

    max_body_bytes: int
    max_crops: int
    body_seconds: float = 30.0


async def read_uploads(request: Request, limits: UploadLimits) -> list[Upload]:
    """Read the crops of a request.

    Parameters
    ----------
    request : Request
        Its body is read up to the limit and no further.
    limits : UploadLimits
        How much is accepted.

    Returns
    -------
    list of Upload
        1 to ``limits.max_crops``, in the order sent.

    Raises
    ------
    UnsupportedMediaType
        If the body is of none of the three forms.
    PayloadTooLarge
        If the body is larger than the limit.
    SlowBody
        If it does not arrive in time.
    MalformedRequest
        If the body is empty, is not what its type promises, or has no crop or too many.
    """
    content_type = request.headers.get("content-type")
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if content_type is None or media_type not in (*PICTURE_TYPES, MULTIPART_TYPE, JSON_TYPE):
        sent = f"The body is sent as {shown(media_type)}" if media_type else "The request has no Content-Type"
        accepted = ", ".join((*PICTURE_TYPES, MULTIPART_TYPE))
        raise UnsupportedMediaType(f"{sent}. Send {accepted} or {JSON_TYPE}.")
    body = await _read_in_time(request, limits)
    if not body:
        raise MalformedRequest("The body is empty. Send at least one crop.")
    if media_type in PICTURE_TYPES:
        return [Upload(None, body)]
    if media_type == MULTIPART_TYPE:
        uploads = parse_multipart(body, content_type, limits.max_crops)
    else:
        uploads = parse_json(body, limits.max_crops)
    if not uploads:
        raise MalformedRequest("The body carries no crop. Send at least one.")
    return uploads


async def _read_in_time(request: Request, limits: UploadLimits) -> bytes:
    try:
        with anyio.fail_after(limits.body_seconds):
            return await read_body(request, limits.max_body_bytes)
    except TimeoutError as error:
        raise SlowBody(
            f"The body did not arrive within {limits.body_seconds:g} seconds. Send it again, over a better "
            "connection or in smaller requests."
        ) from error


async def read_body(request: Request, limit: int) -> bytes:
    """Read a request's body, and stop as soon as it is known to be too large.

    Parameters
    ----------
    request : Request
        With or without a Content-Length.
    limit : int
        Largest size in bytes.

    Raises
    ------
    PayloadTooLarge
        If the announced or the real size passes the limit.
    """
    if _announced_size(request) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async with aclosing(request.stream()) as stream:
        async for chunk in stream:
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    return b"".join(chunks)


def _announced_size(request: Request) -> int:
    try:
        return int(request.headers.get("content-length", "0"))
    except ValueError:
        return 0  # nonsense says nothing; the body is counted anyway


def parse_multipart(body: bytes, content_type: str, max_crops: int) -> list[Upload]:
    """Take the crops out of a ``multipart/form-data`` body (RFC 7578).

    Parameters
    ----------
    body : bytes
        The whole body.
    content_type : str
        The header, with the boundary.
    max_crops : int
        Most parts accepted.

    Raises
    ------
    MalformedRequest
        If the body cannot be parsed, is cut short, has a part of another name, or too many parts.
    """
    uploads: list[Upload] = []

    def add(part: Part) -> None:
        if part.name != PART_NAME.encode():
            name = shown(part.name.decode(errors="replace"))
            raise MalformedRequest(
                f"The body has a part named {name}; every part must be named {PART_NAME!r}."
            )
        if len(uploads) == max_crops:
            raise _too_many(max_crops)
        filename = part.filename.decode(errors="replace") if part.filename else None
        uploads.append(
            Upload(filename, UndecodableImage(_NO_BASE64) if part.content is None else part.content)
        )

    read_parts(body, content_type, add)
    return uploads


def parse_json(body: bytes, max_crops: int) -> list[Upload]:
    """Take the crops out of a JSON body ``{"crops": ["<base64>", …]}``.

    Parameters
    ----------
    body : bytes
        The whole body.
    max_crops : int
        Most crops accepted.

    Raises
    ------
    MalformedRequest
        If this is no JSON, JSON of another shape, or has too many crops. An entry that is not
        base64 costs only its own crop.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(document, dict) or set(document) != {PART_NAME}:
        raise MalformedRequest(
            f'The body must be a JSON object with one member: {{"{PART_NAME}": ["<base64>", …]}}.'
        )
    entries = document[PART_NAME]
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise MalformedRequest(f"{PART_NAME!r} must be a list of strings, each one picture in base64.")
    if len(entries) > max_crops:
        raise _too_many(max_crops)
    return [Upload(None, _from_base64(entry)) for entry in entries]


def _from_base64(text: str) -> bytes | PictureError:
    """Decode strictly; a ``data:`` URL, which browsers make of a picture, is taken too."""
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            return UndecodableImage(
                "This data: URL is not base64; it must start like 'data:image/jpeg;base64,'."
            )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        return UndecodableImage(f"This is not base64 (standard alphabet, padded, no line breaks): {error}.")


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is larger than {limit} bytes. Send fewer crops, or smaller ones.")


def _too_many(limit: int) -> MalformedRequest:
    return MalformedRequest(f"The body carries more than {limit} crops. Send the rest in another request.")
