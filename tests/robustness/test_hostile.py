"""Requests that somebody means badly, one by one, each with a bound on its time."""

import asyncio
import base64
import json
import re
import time
import zlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.types import Message

from tests import pictures
from tests.callers import CALLERS, Answer, Caller, multipart

Classify: TypeAlias = Callable[[bytes, str], Answer]

SECONDS = 2.0
LIMIT = 4_000_000
GOOD = pictures.jpeg()


@pytest.fixture(params=CALLERS, scope="module")
def call(request: pytest.FixtureRequest, app: FastAPI) -> Caller:
    return CALLERS[request.param](app)


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    started = time.perf_counter()
    yield
    assert time.perf_counter() - started < SECONDS


@pytest.fixture
def classify(call: Caller) -> Classify:
    def classify(body: bytes, content_type: str) -> Answer:
        answer = call("POST", "/v1/classify", body, content_type)
        assert answer.status < 500
        told = answer.json()
        assert answer.headers["x-request-id"] == told.get("request_id", told.get("instance"))
        return answer

    return classify


def errors(answer: Answer) -> list[str | None]:
    """The type of each crop's error; None for a crop that was judged."""
    return [result.get("error", {}).get("type") for result in answer.json()["results"]]


def blank_png(side: int, colour_type: int = 6, depth: int = 16) -> bytes:
    """A picture that is next to nothing as a file and large as pixels: every row is filtered by Paeth."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    return pictures.png(side, side, (b"\4" + bytes(side * channels * depth // 8)) * side, depth, colour_type)


def webp(side: int) -> bytes:
    blank = Image.new("RGBA", (side, side), (9, 9, 9, 99))
    return pictures.encode(blank, "WEBP", lossless=True, quality=0, method=0)


BOMBS = {
    "png": pictures.png_header(60_000, 60_000),
    "jpeg": pictures.jpeg_announcing(65_500, 65_500),
    "webp": webp(4200),
    "png-just-too-large": blank_png(4001, 0, 8),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_from_its_header(classify: Classify, bomb: bytes) -> None:
    answer = classify(*multipart([("bomb", bomb), ("good", GOOD)]))
    assert errors(answer) == ["image-too-large", None]


@pytest.fixture(scope="module")
def large() -> bytes:
    """Made outside of the time that a test has."""
    return blank_png(3900)


def test_sixteen_large_pictures_of_few_bytes_do_not_add_up(classify: Classify, large: bytes) -> None:
    answer = classify(*multipart([*[(None, large)] * 15, (None, GOOD)]))
    assert errors(answer) == [None, *["image-too-large"] * 14, None]


TEXT_BOMB = zlib.compress(bytes(60_000_000), 9)
CHUNKS = {
    "zTXt": pictures.png_chunk(b"zTXt", b"Comment\0\0" + TEXT_BOMB),
    "iTXt": pictures.png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + TEXT_BOMB),
    "iCCP": pictures.png_chunk(b"iCCP", b"profile\0\0" + TEXT_BOMB),
    "many": pictures.png_chunk(b"tEXt", b"a\0b") * 1500,
    "eXIf": pictures.png_chunk(b"eXIf", b"II*\0\x08\0\0\0" + b"\xff" * 60_000),
}


@pytest.mark.parametrize("chunk", CHUNKS.values(), ids=CHUNKS.keys())
def test_what_surrounds_a_pictures_pixels_does_no_harm(classify: Classify, chunk: bytes) -> None:
    rows = (b"\0" + bytes(range(192))) * 64
    bomb = pictures.png(64, 64, rows, extra=chunk)
    assert len(errors(classify(*multipart([("bomb", bomb), ("good", GOOD)])))) == 2


def test_an_animation_costs_its_first_frame(classify: Classify) -> None:
    frames = [pictures.scene(seed=seed) for seed in range(60)]
    data = pictures.encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=10)
    assert errors(classify(data, "image/webp")) == [None]


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp"])
@pytest.mark.parametrize("body", [b"\0", b"\0" * 100_000, b"\xff\xd8\xff", b"RIFF\xff\xff\xff\xffWEBPVP8X"])
def test_what_is_no_picture_is_told(classify: Classify, media_type: str, body: bytes) -> None:
    answer = classify(body, media_type)
    assert answer.status == 422
    assert errors(answer) == ["undecodable-image"]


def test_an_empty_file_costs_only_itself(classify: Classify) -> None:
    assert errors(classify(*multipart([("empty.jpg", b""), ("good.jpg", GOOD)]))) == [
        "undecodable-image",
        None,
    ]


def form(disposition: bytes, content: bytes = GOOD, boundary: bytes = b"b") -> bytes:
    head = b"--" + boundary + b"\r\nContent-Disposition: " + disposition + b"\r\n\r\n"
    return head + content + b"\r\n--" + boundary + b"--\r\n"


NAMES = [
    b"../../etc/passwd",
    b"..\\..\\windows\\system32",
    b"C:\\face.jpg",
    b"/dev/stdin",
    b"a\0b.jpg",
    b"\xff\xfe.jpg",
    "\u202egpj.exe".encode(),
    b"a" * 3000,
    b"%00%2e%2e%2f",
    b"<script>alert(1)</script>",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_is_only_ever_told_back(classify: Classify, name: bytes) -> None:
    body = form(b'form-data; name="crops"; filename="' + name + b'"')
    answer = classify(body, "multipart/form-data; boundary=b")
    assert errors(answer) == [None]
    assert isinstance(answer.json()["results"][0]["filename"], str)
    assert answer.headers["content-type"] == "application/json"


MALFORMED = {
    "ten thousand parts": (multipart([(None, b"x")] * 10_000)[0], "multipart/form-data; boundary=b0undary"),
    "no boundary": (form(b'form-data; name="crops"'), "multipart/form-data"),
    "another boundary": (form(b'form-data; name="crops"'), "multipart/form-data; boundary=c"),
    "a boundary of 300": (b"x", "multipart/form-data; boundary=" + "b" * 300),
    "no closing boundary": (form(b'form-data; name="crops"')[:-6], "multipart/form-data; boundary=b"),
    "a part without name": (form(b"form-data"), "multipart/form-data; boundary=b"),
    "a part of another name": (form(b'form-data; name="__proto__"'), "multipart/form-data; boundary=b"),
    "a form in a form": (
        form(
            b'form-data; name="other"\r\nContent-Type: multipart/mixed; boundary=c', form(b"x", boundary=b"c")
        ),
        "multipart/form-data; boundary=b",
    ),
    "a huge header": (
        form(b'form-data; name="crops"; x="' + b"y" * 100_000 + b'"'),
        "multipart/form-data; boundary=b",
    ),
    "a million dashes": (b"--" * 500_000, "multipart/form-data; boundary=-"),
    "a million line ends": (b"\r\n" * 500_000, "multipart/form-data; boundary=b"),
    "nothing": (b"", "multipart/form-data; boundary=b"),
    "deep lists": (b"[" * 1_000_000, "application/json"),
    "deep objects": (b'{"crops":' * 200_000, "application/json"),
    "a number without end": (b'{"crops": ' + b"9" * 1_000_000 + b"}", "application/json"),
    "NaN": (b'{"crops": NaN}', "application/json"),
    "a number for a list": (b'{"crops": 1e999}', "application/json"),
    "other members": (b'{"crops": [], "__class__": "os"}', "application/json"),
    "numbers for strings": (b'{"crops": [1, null, {}]}', "application/json"),
    "a string for a list": (b'{"crops": "aGVsbG8="}', "application/json"),
    "another encoding": ('{"crops": []}'.encode("utf-16"), "application/json"),
    "half a character": (b'{"crops": ["\xc3"]}', "application/json"),
    "too many strings": (json.dumps({"crops": [""] * 10_000}).encode(), "application/json"),
}


@pytest.mark.parametrize(("body", "content_type"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_told_as_one(classify: Classify, body: bytes, content_type: str) -> None:
    answer = classify(body, content_type)
    assert answer.status == 400
    assert answer.json()["type"] == "/problems/malformed-request"
    assert len(answer.json()["detail"]) < 1000


BAD_STRINGS = [
    "=",
    "a",
    "%%%%",
    "\x00",
    "aGVsbG8",
    "data:,x",
    "data:image/jpeg;base64,=",
    "\ud800",
    "\u00fc",
    "a" * 100_001,
]


def test_what_is_no_base64_costs_only_itself(classify: Classify) -> None:
    entries = [*BAD_STRINGS, base64.b64encode(GOOD).decode()]
    answer = classify(json.dumps({"crops": entries}).encode(), "application/json")
    assert errors(answer) == ["undecodable-image"] * len(BAD_STRINGS) + [None]


def test_the_last_of_two_members_counts(classify: Classify) -> None:
    crop = base64.b64encode(GOOD)
    assert errors(classify(b'{"crops": ["x"], "crops": ["' + crop + b'"]}', "application/json")) == [None]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        ";",
        "image/jpeg" * 1000,
        "text/html",
        "application/xml",
        "image/*",
        "*/*",
        "multipart/mixed; boundary=b",
    ],
)
def test_other_types_are_refused(classify: Classify, content_type: str) -> None:
    answer = classify(GOOD, content_type)
    assert answer.status == 415
    assert len(answer.json()["detail"]) < 1000


def test_a_byte_too_many_is_one_too_many(classify: Classify) -> None:
    padded = GOOD.ljust(LIMIT, b"\0")
    assert errors(classify(padded, "image/jpeg")) == [None]
    assert classify(padded + b"\0", "image/jpeg").status == 413


def test_a_jpeg_of_many_scans_is_refused(classify: Classify) -> None:
    """A progressive JPEG may refine its pixels without end: 31 bytes cost a pass over all of them."""
    sound = pictures.encode(Image.new("RGB", (1000, 1000), (120, 90, 60)), progressive=True)
    scans = [place.start() for place in re.finditer(b"\xff\xda", sound)]
    shortest = min(range(len(scans) - 1), key=lambda number: scans[number + 1] - scans[number])
    start, end = scans[shortest : shortest + 2]
    bomb = sound[:start] + sound[start:end] * 1500 + sound[start:]
    answer = classify(*multipart([("sound", sound), ("bomb", bomb), ("good", GOOD)]))
    assert errors(answer) == [None, "image-too-large", None]
    assert "scans" in answer.json()["results"][1]["error"]["detail"]


@pytest.mark.parametrize("segment", [b"\xff\xfe\0\2", b"\xff\xe2\0\2", b"\xff"], ids=["COM", "APP2", "fill"])
def test_a_jpeg_of_a_million_segments_is_refused(classify: Classify, segment: bytes) -> None:
    bomb = GOOD[:2] + segment * (3_500_000 // len(segment)) + GOOD[2:]
    assert errors(classify(*multipart([("bomb", bomb), ("good", GOOD)]))) == ["undecodable-image", None]


def test_a_png_of_a_million_chunks_is_refused(classify: Classify) -> None:
    rows = (b"\0" + bytes(range(192))) * 64
    bomb = pictures.png(64, 64, rows, extra=pictures.png_chunk(b"prVt", b"") * 300_000)
    assert errors(classify(*multipart([("bomb", bomb), ("good", GOOD)]))) == ["undecodable-image", None]


def test_a_header_may_lie_about_the_length(app: FastAPI) -> None:
    statuses = {length: lying(app, length) for length in (b"-1", b"abc", b"1e9", b"0", b"9" * 20)}
    assert statuses == {b"-1": 200, b"abc": 200, b"1e9": 200, b"0": 200, b"9" * 20: 413}


def lying(app: FastAPI, length: bytes) -> int:
    """Send a sound crop under a wrong length; return the answer's status."""
    sent: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": GOOD, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/classify",
        "raw_path": b"/v1/classify",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"image/jpeg"), (b"content-length", length)],
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]
