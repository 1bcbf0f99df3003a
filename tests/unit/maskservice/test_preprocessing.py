import numpy as np

from maskservice.modelcard import ModelCard
from maskservice.preprocessing import normalize, resize, to_tensor
from tests import pictures


def test_resize_gives_the_cards_height_and_width(card: ModelCard) -> None:
    pixels = resize(pictures.scene(100, 50), card)
    assert pixels.shape == (32, 24, 3)
    assert pixels.dtype == np.uint8


def test_normalize_follows_its_formula(card: ModelCard) -> None:
    pixels = np.asarray(pictures.scene(24, 32))
    tensor = normalize(pixels, card)
    expected = ((pixels / 255 - np.array(card.mean)) / np.array(card.std)).transpose(2, 0, 1)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    np.testing.assert_allclose(tensor, expected, atol=2e-6)


def test_to_tensor_is_resize_and_normalize(card: ModelCard) -> None:
    picture = pictures.scene(90, 70)
    assert np.array_equal(to_tensor(picture, card), normalize(resize(picture, card), card))
