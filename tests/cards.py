"""A model card for tests that need any."""

from maskservice.modelcard import LABELS, ModelCard, QualityFloor, Thresholds
from masktrain.training.network import MEAN, STD

CARD = ModelCard(
    name="mask-classifier",
    version="0.1.0",
    labels=LABELS,
    input_size=(32, 32),
    mean=MEAN,
    std=STD,
    crop_margin=0.15,
    temperature=1.0,
    thresholds=Thresholds(compliant=0.9, violation=0.8),
    min_face_px=24,
    quality=QualityFloor(min_brightness=10.0, min_sharpness=5.0),
    metrics={},
)
