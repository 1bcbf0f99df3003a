import pytest

from maskclient.detector import Box
from maskclient.framing import AS_FOUND, Framing, reframe

SIZE = (200, 100)


def test_a_box_stays_as_it_was_found() -> None:
    assert reframe(Box(10, 20, 30, 50), AS_FOUND, SIZE) == Box(10, 20, 30, 50)


@pytest.mark.parametrize(
    ("framing", "framed"),
    [
        (Framing(width=1.5), Box(35, 40, 65, 60)),
        (Framing(height=0.5), Box(40, 45, 60, 55)),
        (Framing(rise=0.1), Box(40, 38, 60, 58)),
        (Framing(rise=-0.1), Box(40, 42, 60, 62)),
        (Framing(width=2.0, height=2.0, rise=0.5), Box(30, 20, 70, 60)),
    ],
)
def test_it_grows_around_its_middle_which_may_rise(framing: Framing, framed: Box) -> None:
    assert reframe(Box(40, 40, 60, 60), framing, SIZE) == framed


def test_it_is_rounded_and_cut_off_at_the_edges() -> None:
    assert reframe((-4.6, 10.4, 20.6, 120.0), AS_FOUND, SIZE) == Box(0, 10, 21, 100)


@pytest.mark.parametrize(
    "box", [(-30.0, -30.0, -10.0, -10.0), (300.0, 300.0, 310.0, 310.0), (5.1, 5.1, 5.2, 5.2)]
)
def test_at_least_one_pixel_of_the_picture_is_left(box: tuple[float, float, float, float]) -> None:
    framed = reframe(box, AS_FOUND, SIZE)
    assert 0 <= framed.x1 < framed.x2 <= 200
    assert 0 <= framed.y1 < framed.y2 <= 100
