from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from maskservice.classifier import Classifier
from maskservice.modelcard import ModelCard
from maskservice.priming import prime


class Counting:
    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(
        self,
        output_names: Sequence[str] | None,  # noqa: ARG002
        input_feed: dict[str, npt.NDArray[np.float32]],
    ) -> list[npt.NDArray[np.float32]]:
        self.shapes += [tensor.shape for tensor in input_feed.values()]
        return [np.zeros((3, 4), dtype=np.float32)]


def test_every_decoder_and_the_model_have_run_once(card: ModelCard) -> None:
    session = Counting()
    prime(Classifier(session, "pixels", card, "00"))
    assert session.shapes == [(3, 3, *card.input_size)]
