"""Makes the events of infra/events from the project's own pictures: what API Gateway sends the function."""

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

from PIL import Image

from maskinfra import layout
from maskservice.settings import Settings

Event = dict[str, Any]

MARGIN = 0.15
"""Share of the face box added on each side. Fixed: a recorded request does not follow the model's card."""

_STAGE = "prod"
_BOUNDARY = "maskcheck-events"
_REQUEST_ID = "5f0c7a3e-6d5b-4a52-9a0f-3c1d2b4e6f70"
_SINGLES = ("collins.jpg", "collins-mask.jpg")


def make_events() -> dict[str, Event]:
    """Make every event, by name; the same bytes each time."""
    faces = _faces()
    jpegs = [_encode(face, "JPEG") for face in faces]
    broken = jpegs[0][: len(jpegs[0]) // 2]
    return {
        "jpeg": _upload(jpegs[1], "image/jpeg"),
        "png": _upload(_encode(faces[0], "PNG"), "image/png"),
        "webp": _upload(_encode(faces[2], "WEBP"), "image/webp"),
        "multipart-8-crops": _multipart(jpegs),
        "json-2-crops": _json(jpegs[3:5]),
        "one-bad-picture": _multipart([jpegs[0], broken, jpegs[1]]),
        "only-bad-pictures": _multipart([broken, b"this is no picture"]),
        "too-large": _too_large(jpegs[1]),
        "too-many-crops": _json([_encode(faces[1].resize((24, 24)), "JPEG")] * (Settings.max_crops + 1)),
        "wrong-type": _event("POST", "/v1/classify", "a mask, worn well", "text/plain"),
        "model": _event("GET", "/v1/model"),
        "health": _event("GET", "/health"),
        "openapi": _event("GET", "/openapi.json"),
    }


def dump(event: Event) -> str:
    """Return an event as the text of its file."""
    return json.dumps(event, indent=2) + "\n"


def _faces() -> list[Image.Image]:
    """Cut eight faces out of the example pictures: the six of the group, and two singles."""
    boxes = json.loads((layout.PICTURES / "faces.json").read_text(encoding="utf-8"))
    crops = []
    for name in ("group.jpg", *_SINGLES):
        with Image.open(layout.PICTURES / name) as picture:
            crops += [_crop(picture, face["box"]) for face in boxes[name]]
    return crops


def _crop(picture: Image.Image, box: Sequence[float]) -> Image.Image:
    left, top, right, bottom = box
    across, down = MARGIN * (right - left), MARGIN * (bottom - top)
    return picture.crop(
        (
            max(0, round(left - across)),
            max(0, round(top - down)),
            min(picture.width, round(right + across)),
            min(picture.height, round(bottom + down)),
        )
    )


def _encode(picture: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, quality=90)
    return buffer.getvalue()


def _upload(picture: bytes, content_type: str) -> Event:
    return _event("POST", "/v1/classify", picture, content_type)


def _multipart(pictures: Sequence[bytes]) -> Event:
    disposition = 'Content-Disposition: form-data; name="crops"; filename="face-{}.jpg"'
    parts = [
        f"--{_BOUNDARY}\r\n{disposition.format(index)}\r\nContent-Type: image/jpeg\r\n\r\n".encode() + picture
        for index, picture in enumerate(pictures)
    ]
    body = b"\r\n".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])
    return _upload(body, f"multipart/form-data; boundary={_BOUNDARY}")


def _json(pictures: Sequence[bytes]) -> Event:
    crops = [base64.b64encode(picture).decode() for picture in pictures]
    return _event("POST", "/v1/classify", json.dumps({"crops": crops}), "application/json")


def _too_large(picture: bytes) -> Event:
    """Make a picture one byte too many by zeros behind its end, which git packs to next to nothing."""
    room = Settings.max_body_bytes - len(json.dumps({"crops": [""]}))
    return _json([picture.ljust(room * 3 // 4 + 3, b"\0")])


def _event(method: str, path: str, body: bytes | str | None = None, content_type: str | None = None) -> Event:
    """Make an event of a REST API's Lambda proxy integration.

    Parameters
    ----------
    method, path : str
        Of the request.
    body : bytes or str, optional
        Bytes travel as base64, as the template's binary media types make the gateway do.
    content_type : str, optional
        Of the body.
    """
    headers = {"Accept": "*/*", "Host": "api.example.com", "User-Agent": "maskcheck-events"}
    headers |= {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    binary = isinstance(body, bytes)
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "path": f"/{_STAGE}{path}",
            "stage": _STAGE,
            "protocol": "HTTP/1.1",
            "domainName": "api.example.com",
            "requestId": _REQUEST_ID,
            "requestTimeEpoch": 1_767_225_600_000,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "maskcheck-events"},
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": binary,
    }
