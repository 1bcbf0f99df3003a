"""The endpoints of contract v1."""

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from maskservice import __version__
from maskservice.classifier import Classifier
from maskservice.errors import Busy, ModelUnavailable
from maskservice.modelstore import Origin
from maskservice.pipeline import PixelBudget, classify_uploads
from maskservice.schemas import (
    ClassifyResponse,
    Health,
    JudgedCrop,
    ModelInfo,
    ModelRef,
    Timing,
    Unhealthy,
)
from maskservice.settings import Settings
from maskservice.telemetry import RequestRecord
from maskservice.uploads import UploadLimits, read_uploads


class Operation(Route):
    """The route of one operation; leaves itself in the scope, so that the log can name it.

    Parameters
    ----------
    method, path : str
        What it answers to. Not HEAD, which Starlette adds to GET: neither the gateway nor the
        contract has it.
    endpoint : callable
        Answers; its name is the operation's.
    """

    def __init__(self, method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.methods = {method}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is this operation's, and what the scope gains by that."""
        match, gained = super().matches(scope)
        return match, {**gained, "route": self}


class Endpoints:
    """The endpoints, with what they need.

    Parameters
    ----------
    settings : Settings
        The limits.
    model : Classifier or ModelUnavailable
        The loaded model, or why there is none.
    origin : Origin
        Where the model came from.

    Attributes
    ----------
    limits : UploadLimits
        How much one request may carry.
    """

    def __init__(self, settings: Settings, model: Classifier | ModelUnavailable, origin: Origin) -> None:
        self.limits = UploadLimits(settings.max_body_bytes, settings.max_crops, settings.body_seconds)
        self._settings = settings
        self._model = model
        self._origin = origin
        # More pictures at once than there are processors would only need more memory.
        self._slots = CapacityLimiter(os.cpu_count() or 1)
        self._open_requests = 0

    def routes(self) -> list[Operation]:
        """Return the routes; each is named after its operation in the OpenAPI document."""
        return [
            Operation("POST", "/v1/classify", self.classify),
            Operation("GET", "/v1/model", self.model),
            Operation("GET", "/health", self.health),
        ]

    async def classify(self, request: Request) -> Response:
        """Judge 1 to 16 crops, each a face with the margin that `GET /v1/model` tells.

        One bad crop never costs the others their answer: its place in `results` holds an `error`.
        """
        classifier = self._classifier()
        with self._place():
            return await self._answer(request, classifier)

    async def model(self, _request: Request) -> Response:
        """Tell the model's card, so that any integrator cuts crops as the model was trained."""
        classifier = self._classifier()
        card = classifier.card
        info = ModelInfo(
            name=card.name,
            version=card.version,
            sha256=classifier.sha256,
            labels=list(card.labels),
            input_size=card.input_size,
            crop_margin=card.crop_margin,
            thresholds=card.thresholds,
            min_face_px=card.min_face_px,
            metrics=card.metrics,
        )
        return _json(info.model_dump_json())

    async def health(self, _request: Request) -> Response:
        """Tell whether the function is alive and has its model, without running it."""
        if isinstance(self._model, ModelUnavailable):
            unhealthy = Unhealthy(version=__version__, detail=self._model.detail)
            return _json(unhealthy.model_dump_json(), 503)
        healthy = Health(
            status="ok" if self._origin.fallback is None else "degraded",
            version=__version__,
            model=_reference(self._model),
            source=self._origin.source,
            fallback=self._origin.fallback,
        )
        return _json(healthy.model_dump_json())

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Count a request while it is answered; health is asked without, or a busy server would look dead."""
        if self._open_requests >= self._settings.max_requests:
            raise Busy("As many requests as this server takes at once are being answered. Ask again shortly.")
        self._open_requests += 1
        try:
            yield
        finally:
            self._open_requests -= 1

    async def _answer(self, request: Request, classifier: Classifier) -> Response:
        record = RequestRecord.of(request.scope)
        uploads = await read_uploads(request, self.limits)
        record.crops = len(uploads)
        budget = PixelBudget(self._settings.max_pixels, self._settings.max_request_pixels)
        if "aws.context" in request.scope:  # Lambda sends one request at a time: a thread would gain nothing
            outcome = classify_uploads(uploads, classifier, budget)
        else:
            outcome = await to_thread.run_sync(
                classify_uploads, uploads, classifier, budget, limiter=self._slots
            )
        judged = [result for result in outcome.results if isinstance(result, JudgedCrop)]
        record.labels.update(result.label for result in judged)
        record.verdicts.update(result.verdict for result in judged)
        record.timing_ms.update(decode=outcome.decode_ms, inference=outcome.inference_ms)
        timing = Timing(
            decode=round(outcome.decode_ms, 3),
            inference=round(outcome.inference_ms, 3),
            total=round(record.elapsed_ms(), 3),
        )
        answer = ClassifyResponse(
            request_id=record.request_id,
            model=_reference(classifier),
            results=outcome.results,
            timing_ms=timing,
        )
        return _json(answer.model_dump_json())

    def _classifier(self) -> Classifier:
        if isinstance(self._model, ModelUnavailable):
            raise ModelUnavailable(self._model.detail)  # a new one: a raised error keeps its traceback
        return self._model


def _reference(classifier: Classifier) -> ModelRef:
    return ModelRef(name=classifier.card.name, version=classifier.card.version, sha256=classifier.sha256)


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")
