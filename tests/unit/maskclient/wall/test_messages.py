import io
from typing import Any

import pytest
from PIL import Image

from maskclient.overlay import VERDICT_COLOURS
from maskclient.show.status import Status
from maskclient.wall.checking import MOST_ITEMS, MOST_TEXT, checked_event, checked_figures
from maskclient.wall.messages import MOST_WIDTH, check_jpeg, checked_name, json_object, pack, unpack
from maskclient.wall.pictures import Picture, picture_of
from tests.unit.maskclient.wall.fakes import jpeg, view


def test_a_picture_travels_with_its_header() -> None:
    assert unpack(pack({"camera": "Tür"}, b"\xff\xd8picture")) == ({"camera": "Tür"}, b"\xff\xd8picture")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\0\0\0",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff{}",
        b"\0\0\0\x09{}",
        b"\0\0\0\x02[]",
        b"\0\0\0\x01{",
        b"\0\0\0\x01\xff",
    ],
)
def test_what_is_no_picture_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(message)


def test_json_that_is_too_deep_is_refused() -> None:
    with pytest.raises(ValueError, match="no JSON"):
        json_object("[" * 100_000)


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", None, 7])
def test_names_that_cannot_be_shown(name: object) -> None:
    with pytest.raises(ValueError, match="1 to 80 letters"):
        checked_name(name)
    assert checked_name(" door ") == "door"


def test_published_pictures_are_jpegs_of_the_right_size() -> None:
    check_jpeg(jpeg(960, 540))
    for wrong in (b"", b"GIF89a", jpeg(961, 540), jpeg(10, 2161)):
        with pytest.raises(ValueError, match="published picture"):
            check_jpeg(wrong)


def test_a_picture_is_drawn_when_it_is_wanted_and_once() -> None:
    drawn = []

    def encode() -> bytes:
        drawn.append(1)
        return b"jpeg"

    picture = Picture({}, encode, 0.0)
    assert drawn == []
    assert [picture.jpeg() for _ in range(5)] == [b"jpeg"] * 5
    assert drawn == [1]


@pytest.mark.parametrize(("width", "shown"), [(320, 320), (1920, MOST_WIDTH)])
def test_what_is_seen_is_drawn_no_wider_than_the_wall(width: int, shown: int) -> None:
    picture = picture_of(view(width=width), Status, 0.0)
    assert picture.figures == {
        "state": "live",
        "fps": 29.7,
        "people": 3,
        "present": {"compliant": 1},
        "captions": ["#1 mask 97%"],
    }
    with Image.open(io.BytesIO(picture.jpeg())) as decoded:
        assert decoded.size == (shown, shown * 9 // 16)
        pixels = decoded.convert("RGB").resize((320, 180))
    green = VERDICT_COLOURS["compliant"]
    counted: list[tuple[int, tuple[int, ...]]] = pixels.getcolors(1 << 20) or []  # type: ignore[assignment]
    near = sum(n for n, colour in counted if max(abs(a - b) for a, b in zip(colour, green, strict=True)) < 40)
    assert near > 100 * (320 / shown)


def test_hostile_figures_are_cut_to_what_is_known() -> None:
    told: dict[str, Any] = {
        "state": "<b>",
        "fps": "many",
        "people": 10**400,
        "present": {str(number): number for number in range(1000)},
        "captions": ["x" * 10_000, 7] * 100,
        "html": "<script>",
    }
    figures = checked_figures(told)
    assert set(figures) == {"state", "fps", "people", "present", "captions"}
    assert (figures["state"], figures["fps"], figures["people"]) == ("live", 0, 0)
    assert len(figures["present"]) == len(figures["captions"]) == MOST_ITEMS
    assert figures["captions"][:2] == ["x" * MOST_TEXT, ""]
    assert checked_figures({})["present"] == {}


def test_events_of_others_are_checked() -> None:
    event = checked_event({"type": "admit", "camera": "theirs", "track": 7, "time": "now", "more": 1}, "ours")
    assert (event["type"], event["camera"], event["track"]) == ("admit", "ours", 7)
    assert "more" not in event
    wrongs: list[object] = [None, {}, {"type": "fire"}, []]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="event is none"):
            checked_event(wrong, "ours")
