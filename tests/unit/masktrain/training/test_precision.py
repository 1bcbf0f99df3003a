import pytest
import torch

from masktrain.errors import TrainingError
from masktrain.training.precision import choose_compute


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [
        ("auto", torch.bfloat16),
        ("bf16", torch.bfloat16),
        ("fp16", torch.float16),
        ("fp32", torch.float32),
    ],
)
def test_products_are_computed_in_the_chosen_type(precision: str, dtype: torch.dtype) -> None:
    compute = choose_compute("cpu", precision)
    layer = torch.nn.Linear(4, 4)
    with compute.autocast():
        assert layer(torch.ones(1, 4)).dtype == dtype
    assert layer.weight.dtype == torch.float32
    assert compute.scaler().is_enabled() == (precision == "fp16")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(TrainingError, match="no device tpu"):
        choose_compute("tpu", "auto")
    with pytest.raises(TrainingError, match="no precision int8"):
        choose_compute("cpu", "int8")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_missing_graphics_card_is_told() -> None:
    with pytest.raises(TrainingError, match="--device cpu"):
        choose_compute("cuda", "auto")
    assert choose_compute("auto", "auto").device.type == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card")
def test_graphics_card_is_taken_where_there_is_one() -> None:
    assert choose_compute("auto", "auto").device.type == "cuda"
