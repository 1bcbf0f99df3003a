import numpy as np

from maskservice.crops import prepare
from maskservice.modelcard import ModelCard
from maskservice.preprocessing import to_tensor
from maskservice.verdict import judge
from tests import pictures


def test_a_crop_is_scaled_and_looked_at_once(card: ModelCard) -> None:
    image = pictures.scene(60, 90)
    prepared = prepare(image, (60, 90), card)
    assert np.array_equal(prepared.tensor, to_tensor(image, card))
    assert prepared.size == (60, 90)
    assert prepared.refusals == []


def test_the_size_is_that_of_the_crop_as_it_came(card: ModelCard) -> None:
    assert prepare(pictures.scene(60, 60), (20, 20), card).refusals == ["too-small"]


def test_a_refusal_reaches_the_judgement(card: ModelCard) -> None:
    prepared = prepare(pictures.scene(20, 20), (20, 20), card)
    row = np.array([0.97, 0.01, 0.01, 0.01])
    assert prepared.judged(row, card) == judge(row.tolist(), ["too-small"], card)
    assert prepared.judged(row, card).verdict == "rejected"
