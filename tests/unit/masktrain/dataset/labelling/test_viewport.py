import pytest

from masktrain.dataset.labelling.viewport import Viewport, around
from masktrain.geometry import Box


def test_a_photograph_is_fitted_and_centred() -> None:
    viewport = Viewport.fit((0, 0, 400, 100), (200, 200))
    assert (viewport.scale, viewport.size) == (0.5, (200, 50))
    assert viewport.to_canvas((0, 0, 400, 100)) == (0, 75, 200, 125)
    assert viewport.to_photograph(100, 100) == (200, 50)


@pytest.mark.parametrize("region", [(0, 0, 400, 100), (30.5, 10, 90, 70), (0, 0, 3, 4), (0, 0, 1, 5000)])
def test_there_and_back_is_the_same_place(region: Box) -> None:
    viewport = Viewport.fit(region, (300, 200))
    x1, y1, x2, y2 = viewport.to_canvas(region)
    assert (*viewport.to_photograph(x1, y1), *viewport.to_photograph(x2, y2)) == pytest.approx(region)
    assert min(viewport.size) >= 1
    assert viewport.size[0] <= 300
    assert viewport.size[1] <= 200


def test_small_photographs_are_not_enlarged_without_end() -> None:
    assert Viewport.fit((0, 0, 2, 2), (800, 800)).size == (16, 16)


@pytest.mark.parametrize(
    ("box", "region"),
    [
        ((400, 300, 500, 400), (300, 200, 600, 500)),
        ((0, 0, 100, 100), (0, 0, 200, 200)),
        ((400, 380, 500, 420), (300, 250, 600, 550)),  # what fills a square canvas
    ],
)
def test_a_box_is_seen_with_what_is_around_it(box: Box, region: Box) -> None:
    assert around(box, (1000, 800), (500, 500)) == region


def test_a_wide_canvas_shows_more_to_the_sides() -> None:
    assert around((400, 300, 500, 400), (1000, 800), (1000, 500)) == (150, 200, 750, 500)
