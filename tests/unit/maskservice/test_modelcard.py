import json

import pytest

from maskservice.errors import ModelUnavailable
from maskservice.modelcard import METADATA_KEY, ModelCard


def test_a_card_survives_the_metadata(card: ModelCard) -> None:
    assert ModelCard.from_metadata(card.to_metadata()) == card


def test_a_model_without_a_card_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="carries no card"):
        ModelCard.from_metadata({"other": "text"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"std": [0.5, 0.0, 0.5]}, "std.1: Input should be greater than 0"),
        ({"temperature": 0.0}, "temperature"),
        ({"labels": ["with_mask", "without_mask"]}, "labels must be"),
        ({"labels": ["with_mask", "with_mask", "without_mask", "not_face"]}, "labels must be"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_an_unusable_card_is_refused_with_the_field(
    card: ModelCard, change: dict[str, object], message: str
) -> None:
    content = {**json.loads(card.model_dump_json()), **change}
    with pytest.raises(ModelUnavailable, match=message):
        ModelCard.from_metadata({METADATA_KEY: json.dumps(content)})


def test_a_card_that_is_not_json_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="not usable: card"):
        ModelCard.from_metadata({METADATA_KEY: "{"})
