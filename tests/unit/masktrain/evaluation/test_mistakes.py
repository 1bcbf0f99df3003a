import io
from pathlib import Path

from PIL import Image

from masktrain.evaluation.mistakes import worst_mistakes
from masktrain.evaluation.splits import SplitOutputs
from tests.cards import CARD


def test_the_one_mistake_is_shown(colours: Path, outputs: SplitOutputs) -> None:
    (mistake,) = worst_mistakes(colours, outputs, CARD)
    assert (mistake.path, mistake.truth, mistake.choice) == ("val12.png", "with_mask", "without_mask")
    assert 0.9 < mistake.confidence <= 1.0
    assert mistake.face_px == 30
    with Image.open(io.BytesIO(mistake.jpeg)) as thumbnail:
        assert thumbnail.size == (144, 144)
        assert thumbnail.getpixel((70, 70))[2] > 200  # type: ignore[index]  # blue


def test_the_most_confident_come_first_and_no_more_than_asked(colours: Path, outputs: SplitOutputs) -> None:
    wrong = outputs.logits.copy()
    wrong[:, :] = [0.0, 0.0, 0.0, 1.0]
    wrong[1, 3], wrong[2, 3] = 3.0, 2.0
    worst = worst_mistakes(colours, SplitOutputs(outputs.samples, outputs.labels, wrong), CARD, most=3)
    assert [mistake.path for mistake in worst] == ["val1.png", "val2.png", "val0.png"]
    assert {mistake.choice for mistake in worst} == {"not_face"}
