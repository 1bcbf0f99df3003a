import asyncio
import base64
import json
import random
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from maskservice.errors import (
    MalformedRequest,
    PayloadTooLarge,
    RequestError,
    SlowBody,
    UndecodableImage,
    UnsupportedMediaType,
)
from maskservice.uploads import Upload, UploadLimits, parse_json, parse_multipart, read_uploads
from tests.callers import base64_json, multipart

LIMITS = UploadLimits(max_body_bytes=1000, max_crops=3)


class Sender:
    """The sending side of a request, which counts what was asked of it."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.asked = 0
        self._messages = self._make(chunks)

    async def receive(self) -> Message:
        self.asked += 1
        return next(self._messages)

    @staticmethod
    def _make(chunks: list[bytes]) -> Iterator[Message]:
        for chunk in chunks:
            yield {"type": "http.request", "body": chunk, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}


def read(sender: Sender, content_type: str | None, **headers: str) -> list[Upload]:
    if content_type is not None:
        headers["content-type"] = content_type
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "POST", "headers": raw}, sender.receive)
    return asyncio.run(read_uploads(request, LIMITS))


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "image/png", "image/webp", "IMAGE/JPEG", "image/png ; quality=high"]
)
def test_a_picture_is_one_upload(content_type: str) -> None:
    assert read(Sender([b"ab", b"c"]), content_type) == [Upload(None, b"abc")]


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        (None, "has no Content-Type"),
        ("", "has no Content-Type"),
        ("image/gif", "sent as 'image/gif'. Send image/jpeg, image/png, image/webp, multipart"),
        ("application/octet-stream", "octet-stream"),
        ("application/x-www-form-urlencoded", "urlencoded"),
    ],
)
def test_other_types_are_refused_unread(content_type: str | None, message: str) -> None:
    sender = Sender([b"abc"])
    with pytest.raises(UnsupportedMediaType, match=message):
        read(sender, content_type)
    assert sender.asked == 0


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": [(b"content-type", b"image/png")]}, never)
    with pytest.raises(SlowBody, match=r"within 0\.05 seconds"):
        asyncio.run(read_uploads(request, UploadLimits(1000, 3, body_seconds=0.05)))


def test_an_announced_size_is_refused_unread() -> None:
    sender = Sender([b"abc"])
    with pytest.raises(PayloadTooLarge, match="larger than 1000 bytes"):
        read(sender, "image/jpeg", content_length="1001")
    assert sender.asked == 0


@pytest.mark.parametrize("headers", [{}, {"content_length": "10"}, {"content_length": "many"}])
def test_a_stream_is_refused_as_soon_as_it_is_too_long(headers: dict[str, str]) -> None:
    sender = Sender([b"x" * 400] * 100)
    with pytest.raises(PayloadTooLarge):
        read(sender, "image/jpeg", **headers)
    assert sender.asked == 3


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert read(Sender([b"x" * 1000]), "image/jpeg", content_length="1000") == [Upload(None, b"x" * 1000)]


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "application/json", "multipart/form-data; boundary=b"]
)
def test_an_empty_body_is_malformed(content_type: str) -> None:
    with pytest.raises(MalformedRequest, match="empty"):
        read(Sender([]), content_type)


def test_multipart_parts_keep_order_and_names() -> None:
    body, content_type = multipart([("a.jpg", b"one"), (None, b"\r\ntwo\xff"), ("ü.png", b""), ("", b"four")])
    uploads = parse_multipart(body, content_type, 4)
    assert uploads == [
        Upload("a.jpg", b"one"),
        Upload(None, b"\r\ntwo\xff"),
        Upload("ü.png", b""),
        Upload(None, b"four"),
    ]


def test_multipart_keeps_large_parts_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "python_multipart.multipart.File.flush_to_disk", lambda _: pytest.fail("wrote to disk")
    )
    content = b"picture" * 400_000
    body, content_type = multipart([("a.jpg", content)])
    assert parse_multipart(body, content_type, 1) == [Upload("a.jpg", content)]


def test_a_part_that_is_not_the_base64_it_says_costs_only_itself() -> None:
    header = b'--b\r\nContent-Disposition: form-data; name="crops"\r\n'
    body = header + b"\r\none\r\n" + header + b"Content-Transfer-Encoding: base64\r\n\r\nb25\r\n--b--\r\n"
    one, broken = parse_multipart(body, "multipart/form-data; boundary=b", 2)
    assert one == Upload(None, b"one")
    assert isinstance(broken.content, UndecodableImage)


def test_a_part_may_be_base64() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="crops"; filename="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nb25l\r\n--b--\r\n"
    )
    assert parse_multipart(body, "multipart/form-data; boundary=b", 1) == [Upload("a", b"one")]


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"whatever", "multipart/form-data", "names no boundary"),
        (b"no boundary in here", "multipart/form-data; boundary=b", "not valid multipart"),
        (multipart([("a", b"one")])[0], "multipart/form-data; boundary=other", "not valid multipart"),
        (multipart([("a", b"one")])[0][:-20], "multipart/form-data; boundary=b0undary", "cut short"),
        (b"--b\r\n\r\ndata\r\n--b--\r\n", "multipart/form-data; boundary=b", "name"),
        (*multipart([("a", b"one")], name="image"), "a part named 'image'; every part must be named 'crops'"),
        (*multipart([("a", b"one")] * 4), "more than 3 crops"),
    ],
)
def test_bad_multipart_bodies_are_malformed(body: bytes, content_type: str, message: str) -> None:
    with pytest.raises(MalformedRequest, match=message):
        parse_multipart(body, content_type, 3)


def test_damaged_multipart_bodies_never_crash() -> None:
    chance = random.Random(1)
    body, content_type = multipart([("a.jpg", b"one"), ("b.jpg", b"two")])
    for _ in range(300):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            parse_multipart(bytes(damaged), content_type, 3)
        except RequestError:
            continue


def test_json_entries_are_decoded() -> None:
    body, content_type = base64_json([b"one", b"\xff\x00"])
    assert read(Sender([body]), f"{content_type}; charset=utf-8") == [
        Upload(None, b"one"),
        Upload(None, b"\xff\x00"),
    ]


def test_a_data_url_is_taken() -> None:
    entry = "data:image/jpeg;base64," + base64.b64encode(b"one").decode()
    assert parse_json(json.dumps({"crops": [entry]}).encode(), 1) == [Upload(None, b"one")]


@pytest.mark.parametrize(
    "entry", ["not base64!", "b25l\nb25l", "b25", "_-8=", "ümlaut", "data:image/jpeg,b25l", "data:,"]
)
def test_a_bad_entry_costs_only_itself(entry: str) -> None:
    good, bad = parse_json(json.dumps({"crops": ["b25l", entry]}).encode(), 2)
    assert good == Upload(None, b"one")
    assert isinstance(bad.content, UndecodableImage)
    assert "base64" in bad.content.detail


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe\xff", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"{}", "must be a JSON object"),
        (b'{"crops": [], "more": 1}', "one member"),
        (b'{"images": []}', "one member"),
        (b'{"crops": "b25l"}', "list of strings"),
        (b'{"crops": ["b25l", 1]}', "list of strings"),
        (b'{"crops": ["", "", "", ""]}', "more than 3 crops"),
    ],
)
def test_bad_json_bodies_are_malformed(body: bytes, message: str) -> None:
    with pytest.raises(MalformedRequest, match=message):
        parse_json(body, 3)


def test_a_body_without_crops_is_malformed() -> None:
    with pytest.raises(MalformedRequest, match="carries no crop"):
        read(Sender([b'{"crops": []}']), "application/json")
    with pytest.raises(MalformedRequest, match=r"carries no crop|not valid"):
        read(Sender([b"--b--\r\n"]), "multipart/form-data; boundary=b")
