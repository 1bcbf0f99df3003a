import numpy as np
import pytest

from masktrain.augmentation.texture import Motif, Pattern, emboss, paint

GRID = np.stack(np.meshgrid(np.linspace(-1, 1, 80), np.linspace(0, 1, 80)), axis=-1)


@pytest.mark.parametrize("motif", ["stripes", "checks", "dots", "blotches"])
def test_prints_show_both_colours(motif: Motif) -> None:
    coverage = Pattern(motif, (255, 0, 0), 4.0).coverage(GRID[..., 0], GRID[..., 1])
    assert coverage.min() == 0.0
    assert coverage.max() >= 0.5
    assert 0.05 < coverage.mean() < 0.95


def test_plain_shows_no_print(rng: np.random.Generator) -> None:
    painted = paint(GRID, (100, 150, 200), Pattern("plain", (255, 0, 0)), "cloth", rng)
    ratios = painted / np.array([100, 150, 200])
    np.testing.assert_allclose(ratios[..., 0], ratios[..., 2])


@pytest.mark.parametrize("kind", ["surgical", "cloth", "respirator"])
def test_relief_is_shallow(kind: str, rng: np.random.Generator) -> None:
    painted = paint(GRID, (200, 200, 200), Pattern(), kind, rng)
    assert painted.shape == (80, 80, 3)
    assert painted.std() > 1.0
    assert 90 < painted.min() <= painted.max() < 225


def test_random_patterns_differ() -> None:
    motifs = {Pattern.random(np.random.default_rng(seed)).motif for seed in range(60)}
    assert motifs == {"plain", "stripes", "checks", "dots", "blotches"}


def test_embossing_bulges_and_keeps_the_hue(rng: np.random.Generator) -> None:
    places = np.stack(np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 40)), axis=-1)
    cloth = np.full((40, 60, 3), (200.0, 100.0, 50.0))
    embossed = emboss(places, cloth, 1.0, rng)
    assert embossed[15:25, 25:35].mean() > embossed[[0, -1]].mean() + 10
    np.testing.assert_allclose(embossed[..., 0], 2 * embossed[..., 1])
    np.testing.assert_array_equal(emboss(places, cloth, 0.0, rng), cloth)
