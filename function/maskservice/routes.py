"""The endpoints of contract v1."""

import os

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from maskservice import __version__, openapi
from maskservice.classifier import Classifier
from maskservice.errors import ModelUnavailable
from maskservice.pipeline import classify_uploads
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


class Endpoints:
    """The endpoints, with what they need.

    Parameters
    ----------
    settings : Settings
        The limits.
    model : Classifier or ModelUnavailable
        The loaded model, or why there is none.
    """

    def __init__(self, settings: Settings, model: Classifier | ModelUnavailable) -> None:
        self._limits = UploadLimits(settings.max_body_bytes, settings.max_crops)
        self._max_pixels = settings.max_pixels
        self._model = model
        # More pictures at once than there are processors would only need more memory.
        self._slots = CapacityLimiter(os.cpu_count() or 1)

    def router(self) -> APIRouter:
        """Return the routes, documented."""
        router = APIRouter()
        router.add_api_route(
            "/v1/classify",
            self.classify,
            methods=["POST"],
            operation_id="classify",
            summary="Judge face crops",
            response_description="One result per crop",
            response_model=ClassifyResponse,
            responses=openapi.CLASSIFY_PROBLEMS,
            openapi_extra=openapi.classify_operation(self._limits),
        )
        router.add_api_route(
            "/v1/model",
            self.model,
            methods=["GET"],
            operation_id="model",
            summary="Tell how the model wants its crops",
            response_description="The model's card",
            response_model=ModelInfo,
            responses=openapi.MODEL_PROBLEMS,
            openapi_extra=openapi.KEY_OPERATION,
        )
        router.add_api_route(
            "/health",
            self.health,
            methods=["GET"],
            operation_id="health",
            summary="Tell whether the function can answer",
            response_description="The model is loaded",
            response_model=Health,
            responses={503: {"model": Unhealthy, "description": "No model could be loaded"}},
        )
        return router

    async def classify(self, request: Request) -> Response:
        """Judge 1 to 16 crops, each a face with the margin that `GET /v1/model` tells.

        One bad crop never costs the others their answer: its place in `results` holds an `error`.
        """
        classifier = self._classifier()
        record = RequestRecord.of(request.scope)
        uploads = await read_uploads(request, self._limits)
        record.crops = len(uploads)
        if "aws.context" in request.scope:  # Lambda sends one request at a time: a thread would gain nothing
            outcome = classify_uploads(uploads, classifier, self._max_pixels)
        else:
            outcome = await to_thread.run_sync(
                classify_uploads, uploads, classifier, self._max_pixels, limiter=self._slots
            )
        record.labels.update(result.label for result in outcome.results if isinstance(result, JudgedCrop))
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

    async def model(self) -> Response:
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

    async def health(self) -> Response:
        """Tell whether the function is alive and has its model, without running it."""
        if isinstance(self._model, ModelUnavailable):
            unhealthy = Unhealthy(version=__version__, detail=self._model.detail)
            return _json(unhealthy.model_dump_json(), 503)
        return _json(Health(version=__version__, model=_reference(self._model)).model_dump_json())

    def _classifier(self) -> Classifier:
        if isinstance(self._model, ModelUnavailable):
            raise ModelUnavailable(self._model.detail)  # a new one: a raised error keeps its traceback
        return self._model


def _reference(classifier: Classifier) -> ModelRef:
    return ModelRef(name=classifier.card.name, version=classifier.card.version, sha256=classifier.sha256)


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")
