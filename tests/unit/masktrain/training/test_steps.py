import numpy as np
import pytest
import torch
from torch import Tensor, nn

from masktrain.training.precision import choose_compute
from masktrain.training.settings import TrainingSettings
from masktrain.training.steps import Steps


class Means(nn.Module):
    """Logits from the channels' means; keeps what it was fed."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(3, 4)
        self.fed = torch.zeros(0)

    def forward(self, pixels: Tensor) -> Tensor:
        self.fed = pixels.detach().clone()
        logits: Tensor = self.last(pixels.mean((2, 3)))
        return logits


PIXELS = torch.rand(6, 3, 4, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 3, 0, 1])


def taken(precision: str, rate: float = 0.1, **settings: float) -> tuple[Means, float, bool]:
    torch.manual_seed(0)
    network = Means()
    steps = Steps(network, choose_compute("cpu", precision), TrainingSettings(**settings))  # type: ignore[arg-type]
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    return network, *steps.take(PIXELS, LABELS, optimizer, np.random.default_rng(0))


def test_a_step_lowers_the_loss() -> None:
    torch.manual_seed(0)
    network = Means()
    steps = Steps(network, choose_compute("cpu", "fp32"), TrainingSettings())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    rng = np.random.default_rng(0)
    losses = [steps.take(PIXELS, LABELS, optimizer, rng)[0] for _ in range(20)]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_learns_the_same(precision: str) -> None:
    exact, loss, _ = taken("fp32")
    mixed, rounded, stepped = taken(precision)
    assert stepped
    assert rounded == pytest.approx(loss, rel=0.02)
    torch.testing.assert_close(mixed.last.weight, exact.last.weight, atol=2e-3, rtol=0.02)


def test_a_step_whose_gradients_overflow_is_left_out() -> None:
    torch.manual_seed(0)
    network = Means()
    steps = Steps(network, choose_compute("cpu", "fp16"), TrainingSettings())
    before = network.last.weight.detach().clone()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    _, stepped = steps.take(PIXELS * 1e6, LABELS, optimizer, np.random.default_rng(0))
    assert not stepped
    assert torch.equal(network.last.weight, before)


def test_without_mixup_crops_stay_as_they_are() -> None:
    assert torch.equal(taken("fp32")[0].fed, PIXELS)


def test_mixup_mixes_crops_and_losses_by_one_share() -> None:
    network, loss, _ = taken("fp32", rate=1e-9, mixup=1.0, label_smoothing=0.0)
    rng = np.random.default_rng(0)
    share = rng.beta(1.0, 1.0)
    partners = torch.from_numpy(rng.permutation(6))
    mixed = share * PIXELS + (1 - share) * PIXELS[partners]
    torch.testing.assert_close(network.fed, mixed)
    targets = share * nn.functional.one_hot(LABELS, 4) + (1 - share) * nn.functional.one_hot(
        LABELS[partners], 4
    )
    expected = nn.functional.cross_entropy(network(mixed), targets.float()).item()
    assert loss == pytest.approx(expected, rel=1e-5)
