from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from onnx import TensorProto, helper

from maskservice.classifier import MOST_AT_ONCE, Classifier, load_classifier
from maskservice.errors import ModelUnavailable
from maskservice.modelcard import ModelCard
from maskservice.modelstore import ModelFile

FLOAT = TensorProto.FLOAT


class FixedSession:
    def __init__(self, logits: list[list[float]]) -> None:
        self._logits = np.array(logits, dtype=np.float32)

    def run(
        self,
        output_names: Sequence[str] | None,  # noqa: ARG002
        input_feed: dict[str, npt.NDArray[np.float32]],
    ) -> list[npt.NDArray[np.float32]]:
        assert list(input_feed) == ["pixels"]
        return [self._logits]


def model_file(
    card: ModelCard | None,
    shape: Sequence[str | int],
    outputs: int = 4,
    *,
    twice: bool = False,
    operator: str = "Gemm",
) -> ModelFile:
    """A model that averages each channel and weighs the averages."""
    weights = helper.make_tensor("weights", FLOAT, (3, outputs), [0.1] * 3 * outputs)
    size = helper.make_tensor("size", TensorProto.INT64, (2,), [1, 3])
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixels"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"])
        if operator == "Gemm"
        else helper.make_node("Reshape", ["pooled", "size"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["logits"]),
    ]
    results = [helper.make_tensor_value_info("logits", FLOAT, None)]
    if twice:
        nodes.append(helper.make_node("Identity", ["logits"], ["copy"]))
        results.append(helper.make_tensor_value_info("copy", FLOAT, None))
    graph = helper.make_graph(
        nodes, "test", [helper.make_tensor_value_info("pixels", FLOAT, shape)], results, [weights, size]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if card is not None:
        helper.set_model_props(model, card.to_metadata())
    return ModelFile("test.onnx", model.SerializeToString(), "00")


def test_probabilities_are_the_softmax_of_the_tempered_logits(card: ModelCard) -> None:
    classifier = Classifier(FixedSession([[2.0, 0.0, -2.0, 0.0], [1e4, 0.0, 0.0, 0.0]]), "pixels", card, "00")
    rows = classifier.probabilities(np.zeros((2, 3, 32, 24), dtype=np.float32))
    powers = np.exp([1.0, 0.0, -1.0, 0.0])
    np.testing.assert_allclose(rows, [powers / powers.sum(), [1.0, 0.0, 0.0, 0.0]])


def test_the_shipped_model_loads_and_agrees_with_its_card(classifier: Classifier) -> None:
    tensors = np.zeros((3, 3, *classifier.card.input_size), dtype=np.float32)
    rows = classifier.probabilities(tensors)
    assert rows.shape == (3, 4)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0)
    assert len(classifier.sha256) == 64


@pytest.mark.parametrize("count", [MOST_AT_ONCE - 1, MOST_AT_ONCE, 2 * MOST_AT_ONCE + 1])
def test_a_batch_gives_what_its_crops_give_alone(classifier: Classifier, count: int) -> None:
    shape = (count, 3, *classifier.card.input_size)
    tensors = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    alone = [classifier.probabilities(tensors[index : index + 1])[0] for index in range(count)]
    np.testing.assert_allclose(classifier.probabilities(tensors), alone, atol=1e-5)


def test_a_model_of_our_own_loads(card: ModelCard) -> None:
    assert load_classifier(model_file(card, ("batch", 3, 32, 24))).card == card


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        (("batch", 3, 48, 48), {}, r"its card says float \[N, 3, 32, 24\]"),
        (("batch", 3, 32, 24), {"twice": True}, "1 inputs and 2 outputs"),
        (("batch", 3, 32, 24), {"outputs": 3}, r"shape \(2, 3\) for two crops, but its card names 4 labels"),
        ((1, 3, 32, 24), {"operator": "Reshape"}, "does not run on a batch of two"),
    ],
)
def test_a_model_that_does_not_fit_its_card_is_refused(
    card: ModelCard, shape: tuple[str | int, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelUnavailable, match=message):
        load_classifier(model_file(card, shape, **options))


def test_a_model_without_a_card_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="carries no card"):
        load_classifier(model_file(None, ("batch", 3, 32, 24)))


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match=r"'notes\.txt' is not a model that ONNX Runtime can load"):
        load_classifier(ModelFile("notes.txt", b"not a model", "00"))
