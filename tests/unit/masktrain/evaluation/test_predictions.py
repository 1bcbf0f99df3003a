from pathlib import Path

import numpy as np
from PIL import Image

from masktrain.dataset.samples import Sample
from masktrain.evaluation.framings import framing_conditions
from masktrain.evaluation.predictions import Condition, open_session, predict, subset
from masktrain.training.loading import FixedCrops
from tests.cards import CARD


def invert(picture: Image.Image, _sample: Sample, _rng: np.random.Generator) -> Image.Image:
    return Image.eval(picture, lambda level: 255 - level)


def paint(picture: Image.Image, _sample: Sample, rng: np.random.Generator) -> Image.Image:
    level = int(rng.integers(256))
    return Image.new("RGB", picture.size, (level, level, level))


def test_outputs_are_those_of_the_training_crops(val: list[Sample], model: Path) -> None:
    crops = FixedCrops(val, CARD)
    session = open_session(model)
    (logits,) = session.run(["logits"], {"pixels": np.stack([crops[i][0].numpy() for i in range(len(val))])})
    predictions = predict(model, CARD, val, framing_conditions(CARD)[:1], seed=0)
    np.testing.assert_array_equal(predictions.labels, [crops[i][1] for i in range(len(val))])
    np.testing.assert_allclose(predictions.logits[0], logits, atol=1e-6)


def test_every_condition_is_seen(val: list[Sample], model: Path) -> None:
    conditions = [*framing_conditions(CARD)[:1], Condition("inverted", 0, invert)]
    predictions = predict(model, CARD, val[:1], conditions, seed=0)
    assert predictions.choice(0).tolist() == [0]  # red
    assert predictions.choice(1).tolist() == [1]  # cyan, of which green comes first
    assert predictions.refused.shape == (2, 1)


def test_chance_depends_on_seed_place_and_condition_only(val: list[Sample], model: Path) -> None:
    conditions = [Condition("", 0, paint), Condition("", 1, paint)]
    predictions = predict(model, CARD, val[:3], conditions, seed=1)
    again = predict(model, CARD, iter(val[:2]), conditions[:1], seed=1)
    np.testing.assert_array_equal(again.logits[0], predictions.logits[0, :2])
    levels = predictions.logits[:, :, 0].ravel()
    assert len(set(levels.tolist())) == 6
    other = predict(model, CARD, val[:3], conditions, seed=2)
    assert (other.logits != predictions.logits).any()


def test_refusals_are_the_services(val: list[Sample], model: Path) -> None:
    def tiny(picture: Image.Image, _sample: Sample, _rng: np.random.Generator) -> Image.Image:
        return picture.resize((20, 20))

    assert predict(model, CARD, val[:1], [Condition("", 0, tiny)], seed=0).refused.tolist() == [[True]]


def test_subset_keeps_the_order(val: list[Sample]) -> None:
    chosen = subset(val, 5, seed=1)
    assert len(chosen) == 5
    assert chosen == [sample for sample in val if sample in chosen]
    assert chosen == subset(val, 5, seed=1) != subset(val, 5, seed=2)
    assert subset(val, None, seed=1) == subset(val, 99, seed=1) == val
