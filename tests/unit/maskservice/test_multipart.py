import pytest

from maskservice.errors import MalformedRequest
from maskservice.multipart import Part, read_parts
from tests.callers import multipart

HEADER = b'--b\r\nContent-Disposition: form-data; name="crops"; filename="a.jpg"\r\n'
TYPE = "multipart/form-data; boundary=b"


def parts(body: bytes, content_type: str = TYPE) -> list[Part]:
    found: list[Part] = []
    read_parts(body, content_type, found.append)
    return found


def test_parts_come_in_their_order_with_every_byte() -> None:
    contents = [b"one", b"", b"\r\n--b0undar", bytes(range(256)) * 40, b"\r\n\r\n--"]
    body, content_type = multipart([(f"{index}.jpg", content) for index, content in enumerate(contents)])
    found = parts(body, content_type)
    assert [part.content for part in found] == contents
    assert [part.filename for part in found] == [f"{index}.jpg".encode() for index in range(5)]
    assert {part.name for part in found} == {b"crops"}


def test_a_part_without_a_file_name_is_a_part() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="crops"\r\n\r\none\r\n--b--\r\n'
    assert parts(body) == [Part(b"crops", None, b"one")]


@pytest.mark.parametrize(
    ("encoding", "sent", "content"),
    [
        (b"binary", b"o=6Ee", b"o=6Ee"),
        (b"8bit", b"\xff", b"\xff"),
        (b"BASE64", b"b25l\r\nb25l", b"oneone"),
        (b"quoted-printable", b"o=6Ee", b"one"),
        (b"base64", b"b25", None),
    ],
)
def test_encodings_are_undone(encoding: bytes, sent: bytes, content: bytes | None) -> None:
    body = HEADER + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + sent + b"\r\n--b--\r\n"
    assert parts(body) == [Part(b"crops", b"a.jpg", content)]


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"--b--\r\n", "multipart/form-data", "names no boundary"),
        (b"--b--\r\n", "multipart/form-data; boundary=", "names no boundary"),
        (b"--b--\r\n", "multipart/form-data; boundary=" + "b" * 300, "Boundary length"),
        (HEADER + b"\r\none", TYPE, "cut short"),
        (b"--b\r\nContent-Type: image/jpeg\r\n\r\none\r\n--b--\r\n", TYPE, "has no name"),
        (HEADER + b"Content-Transfer-Encoding: rot13\r\n\r\none\r\n--b--\r\n", TYPE, "'rot13'"),
        (HEADER + b"X: " + b"x" * 5000 + b"\r\n\r\none\r\n--b--\r\n", TYPE, "not valid"),
        (HEADER + b"X: x\r\n" * 20 + b"\r\none\r\n--b--\r\n", TYPE, "not valid"),
    ],
)
def test_what_is_no_form_is_told(body: bytes, content_type: str, message: str) -> None:
    with pytest.raises(MalformedRequest, match=message):
        parts(body, content_type)


def test_reading_ends_with_the_first_objection() -> None:
    taken: list[Part] = []

    def take(part: Part) -> None:
        taken.append(part)
        raise MalformedRequest("enough")

    body, content_type = multipart([(None, b"one"), (None, b"two")])
    with pytest.raises(MalformedRequest, match="enough"):
        read_parts(body, content_type, take)
    assert len(taken) == 1
