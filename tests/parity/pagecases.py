"""What the page's rules are asked, and how it is told to them."""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maskclient.camera.consensus import Shown
from maskclient.camera.following import Outline
from maskclient.detector import Box
from maskclient.wire import Judgement

WEB = Path(__file__).parents[2] / "client" / "web" / "web"
EXAMPLES = WEB.parents[1] / "examples"
VERDICTS = ["compliant", "violation", "uncertain", "rejected"]
LABELS = ["with_mask", "incorrect_mask", "without_mask", "not_face"]
REASONS = ["low-confidence", "not-a-face", "too-small", "too-dark", "too-blurred", "invented-later"]

Page = Callable[[str, Any], Any]
"""Runs a task of page_rules.mjs, given its name and argument."""


def corners(box: Sequence[float]) -> dict[str, float]:
    return dict(zip(("x1", "y1", "x2", "y2"), box, strict=True))


def float_box(rng: random.Random, width: int, height: int) -> tuple[float, float, float, float]:
    """A box that may reach beyond the picture, often with corners on halves of a pixel."""
    x1, y1 = rng.uniform(-10, width + 5), rng.uniform(-10, height + 5)
    box = (x1, y1, x1 + rng.uniform(0.1, width), y1 + rng.uniform(0.1, height))
    if rng.random() < 0.5:
        return box
    x1, y1, x2, y2 = (round(2 * value) / 2 for value in box)
    return x1, y1, max(x2, x1 + 0.5), max(y2, y1 + 0.5)


def whole_box(rng: random.Random, width: int, height: int, least: int = 1) -> Box:
    x1, y1 = rng.randrange(0, width - least), rng.randrange(0, height - least)
    return Box(x1, y1, rng.randint(x1 + least, width), rng.randint(y1 + least, height))


def rgba_of(rgb: npt.NDArray[np.uint8]) -> dict[str, Any]:
    opaque = np.dstack([rgb, np.full(rgb.shape[:2], 255, dtype=np.uint8)])
    return {"rgba": opaque.ravel().tolist(), "width": rgb.shape[1], "height": rgb.shape[0]}


def judgement_of(rng: random.Random, mood: Sequence[float]) -> Judgement:
    """An answer; which verdict it mostly is depends on the mood, and means lie on the limit now and then."""
    shares = [round(rng.choice([0.8, 0.6, 1.0, rng.random()]), 4) for _ in LABELS]
    probabilities = dict(zip(LABELS, shares, strict=True))
    label = rng.choice([*LABELS, "face_shield"])
    reasons = tuple(rng.sample(REASONS, rng.randint(0, 2)))
    verdict = rng.choices(VERDICTS, mood)[0]
    return Judgement(label, probabilities.get(label, 0.5), verdict, reasons, probabilities, 100, 100)


def wire_of(judgement: Judgement) -> dict[str, Any]:
    return {**vars(judgement), "reasons": list(judgement.reasons)}


def rounded(shown: Shown) -> tuple[str, str | None, float, list[str]]:
    return shown.verdict, shown.label, round(shown.confidence, 10), list(shown.reasons)


def shown_of(told: Mapping[str, Any]) -> tuple[str, str | None, float, list[str], bool]:
    return told["verdict"], told["label"], round(told["confidence"], 10), told["reasons"], told["settled"]


def crowd(rng: random.Random, steps: int) -> list[list[Outline]]:
    """What is found of people who wander, hide, meet, and come and go; sometimes one is found twice."""
    people = [[rng.uniform(0, 600), rng.uniform(0, 300), rng.uniform(30, 120)] for _ in range(5)]
    found = []
    for _ in range(steps):
        finds = []
        for person in people:
            person[0] += rng.gauss(0, 8)
            person[1] += rng.gauss(0, 4)
            if rng.random() < 0.02:
                person[0] = rng.uniform(0, 600)
            if rng.random() < 0.8:
                finds += [around(rng, person) for _ in range(2 if rng.random() < 0.05 else 1)]
        rng.shuffle(finds)
        found.append(finds)
    return found


def around(rng: random.Random, person: Sequence[float]) -> Outline:
    x, y, side = person[0] + rng.gauss(0, 3), person[1] + rng.gauss(0, 3), person[2] * rng.uniform(0.9, 1.1)
    return Outline(x, y, x + side, y + 1.2 * side)
