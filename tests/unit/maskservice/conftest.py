import pytest

from maskservice.modelcard import ModelCard, QualityFloor, Thresholds


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(
        name="test-model",
        version="1.2.3",
        labels=("with_mask", "incorrect_mask", "without_mask", "not_face"),
        input_size=(32, 24),
        mean=(0.5, 0.4, 0.3),
        std=(0.5, 0.25, 0.2),
        crop_margin=0.25,
        temperature=2.0,
        thresholds=Thresholds(compliant=0.9, violation=0.8),
        min_face_px=24,
        quality=QualityFloor(min_brightness=20.0, min_sharpness=10.0),
        metrics={"accuracy": 0.5},
    )
