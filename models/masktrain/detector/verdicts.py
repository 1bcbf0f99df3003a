"""From scene to verdict: what detector, crop and classifier say together of each labelled face."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maskservice.modelcard import LABELS, Label, ModelCard
from maskservice.verdict import judge
from masktrain.dataset.samples import Sample
from masktrain.detector.measure import (
    FACE_LABELS,
    LEAST_FACE,
    SIZES,
    Scene,
    as_boxes,
    found_faces,
    share_of,
    short_side,
)
from masktrain.evaluation.intervals import Estimate
from masktrain.evaluation.predictions import Condition, predict
from masktrain.evaluation.scenes import as_sent
from masktrain.framing import cut_crop


@dataclass(frozen=True)
class VerdictFigures:
    """From scene to verdict: of all labelled faces, the share with the right verdict.

    A face that is not found has none. ``with_mask`` is right as ``compliant``, the others as
    ``violation``; ``uncertain`` and ``rejected`` are never right.
    """

    overall: Estimate
    by_label: dict[Label, Estimate]
    by_size: dict[tuple[int, int], Estimate]


def verdict_figures(
    scenes: Sequence[Scene], threshold: float, model: Path, card: ModelCard
) -> VerdictFigures:
    """Send what was found through the function's own steps and count the right verdicts.

    Parameters
    ----------
    scenes : sequence of Scene
        With a detector's finds.
    threshold : float
        Of the score.
    model : Path
        The classifier.
    card : ModelCard
        Its card.
    """
    rows: list[tuple[Label, float, Sample | None]] = []
    for scene in scenes:
        finds = as_boxes(scene.finds.boxes)
        found = found_faces(scene, threshold)
        for place, box in enumerate(scene.boxes):
            side = short_side(box.box)
            if box.label is not None and side >= LEAST_FACE:
                sample = (
                    Sample(scene.path, box.label, "", "test", finds[found[place]]) if place in found else None
                )
                rows.append((box.label, side, sample))
    right = iter(_right([sample for _, _, sample in rows if sample], model, card))
    judged = [(label, side, sample is not None and next(right)) for label, side, sample in rows]
    return VerdictFigures(
        share_of(good for _, _, good in judged),
        {label: share_of(good for name, _, good in judged if name == label) for label in FACE_LABELS},
        {
            (low, high): share_of(good for _, side, good in judged if low <= side < high)
            for low, high in SIZES
        },
    )


def _right(samples: Sequence[Sample], model: Path, card: ModelCard) -> list[bool]:
    """Say of each face that was found whether its verdict is right."""
    if not samples:
        return []
    client = Condition(
        "client", 0, lambda picture, sample, _: as_sent(cut_crop(picture, sample.box, card.crop_margin), card)
    )
    predictions = predict(model, card, samples, [client], seed=0)
    scaled = predictions.logits[0].astype(np.float64) / card.temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    verdicts = [
        judge(of.tolist(), ["too-small"] if refused else [], card).verdict
        for of, refused in zip(shares, predictions.refused[0], strict=True)
    ]
    wanted = ["compliant" if sample.label == LABELS[0] else "violation" for sample in samples]
    return [verdict == right for verdict, right in zip(verdicts, wanted, strict=True)]
