import threading
import time
from collections.abc import Sequence

import numpy as np

from maskclient.batching import Crop
from maskclient.camera.following import Grey
from maskclient.camera.searching import Found, search
from maskclient.camera.sources import Source
from maskclient.detector import Box, Detector, Face, Rgb
from maskclient.errors import SourceUnavailable
from maskclient.wire import ClassifyResponse, CropResult, Health, Judgement, ModelInfo, ModelRef
from tests.unit.maskclient.scripted_api import MODEL

MODEL_INFO = ModelInfo(
    "mask-classifier", "1.0.0", "ab" * 32, ("with_mask",), (128, 128), 0.25, {"compliant": 0.6}, 24, MODEL
)


def judgement(verdict: str = "compliant", label: str | None = None, confidence: float = 0.95) -> Judgement:
    label = label or ("without_mask" if verdict == "violation" else "with_mask")
    return Judgement(label, confidence, verdict, (), {label: confidence}, 128, 128)


class FakeApi:
    """Answers at once, unless it is told to fail or to wait."""

    def __init__(self) -> None:
        self.verdict = "compliant"
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.sizes: list[int] = []
        self.probes = 0

    def classify(self, crops: Sequence[bytes | Crop]) -> ClassifyResponse:
        self.sizes.append(len(crops))
        self.gate.wait(5)
        if self.failure is not None:
            raise self.failure
        results = tuple(CropResult(number, None, judgement(self.verdict), {}) for number in range(len(crops)))
        return ClassifyResponse(results, ModelRef("mask-classifier", "1.0.0", "ab" * 32), ("r",))

    def health(self) -> Health:
        self.probes += 1
        if self.failure is not None:
            raise self.failure
        return Health("ok", "1.0.0", {})


class FakeDetector:
    """Finds the faces it is told."""

    def __init__(self, faces: Sequence[Face] = ()) -> None:
        self.faces = list(faces)
        self.searches = 0

    def detect(self, rgb: Rgb) -> list[Face]:  # noqa: ARG002
        self.searches += 1
        return list(self.faces)


class FakeSource(Source):
    """Delivers so many frames each time it is opened; None refuses to open."""

    def __init__(self, openings: Sequence[int | None], *, live: bool = True, patient: bool = True) -> None:
        self._openings = list(openings)
        self._left = 0
        self._live = live
        self._patient = patient
        self.opened = 0
        self.closed = 0
        self.rate: float | None = None

    @property
    def name(self) -> str:
        return "door"

    @property
    def live(self) -> bool:
        return self._live

    @property
    def patient(self) -> bool:
        return self._patient

    @property
    def fps(self) -> float | None:
        return self.rate

    def check(self) -> None:
        pass

    def open(self) -> None:
        self.opened += 1
        left = self._openings.pop(0) if self._openings else None
        if left is None:
            raise SourceUnavailable("door cannot be opened.")
        self._left = left

    def read(self) -> Rgb | None:
        if self._left == 0:
            return None
        self._left -= 1
        return np.full((48, 64, 3), self._left % 256, np.uint8)

    def close(self) -> None:
        self.closed += 1


class InlineSearcher:
    """Searches one of so many frames that it is offered, in the calling thread."""

    def __init__(self, detector: Detector, every: int = 1) -> None:
        self._detector = detector
        self._every = every
        self._offered = 0
        self._found: Found | None = None

    def offer(self, rgb: Rgb, grey: Grey, known: Sequence[Box]) -> None:
        if self._offered % self._every == 0:
            started = time.perf_counter()
            faces = search(self._detector, rgb, known)
            self._found = Found(faces, grey, time.perf_counter() - started)
        self._offered += 1

    def result(self) -> Found | None:
        found, self._found = self._found, None
        return found

    def forget(self) -> None:
        self._found = None

    def close(self) -> None:
        pass
