from typing import Any

import pytest

from masktrain.errors import TrainingError
from masktrain.training.settings import TrainingSettings


def test_fine_tuning_has_two_stages() -> None:
    head, whole = TrainingSettings(head_epochs=2, epochs=3, head_rate=0.1, rate=0.2).stages
    assert (head.whole, head.rate, head.epochs) == (False, 0.1, range(2))
    assert (whole.whole, whole.rate, whole.epochs) == (True, 0.2, range(2, 5))


def test_an_extractor_has_one() -> None:
    (head,) = TrainingSettings(mode="extractor", head_epochs=2, epochs=3, head_rate=0.1).stages
    assert (head.whole, head.rate, head.epochs) == (False, 0.1, range(3))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"mode": "zero-shot"}, "no mode 'zero-shot'"),
        ({"architecture": "alexnet"}, "no architecture 'alexnet'"),
        ({"input_size": (16, 64)}, "input size is 16"),
        ({"batch_size": 1}, "batch size is 1"),
        ({"mixup": -0.1}, "must not be negative"),
        ({"rate": 0.0}, "above 0"),
    ],
)
def test_senseless_settings_are_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(TrainingError, match=told):
        TrainingSettings(**wrong)
