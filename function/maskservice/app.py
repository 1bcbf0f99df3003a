"""Builds the ASGI application."""

from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from maskservice import __version__, openapi
from maskservice.classifier import Classifier
from maskservice.errors import MaskServiceError, ModelUnavailable
from maskservice.gateway import StagePath
from maskservice.problems import error_response, status_response
from maskservice.routes import Endpoints
from maskservice.settings import Settings
from maskservice.telemetry import RequestRecord, RequestTelemetry


class MaskCheckAPI(FastAPI):
    """A FastAPI application whose OpenAPI document is complete."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made at the first call."""
        return openapi.complete(super().openapi())


def create_app(settings: Settings, model: Classifier | ModelUnavailable) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    settings : Settings
        The limits.
    model : Classifier or ModelUnavailable
        The loaded model; or why there is none, in which case the application answers with 503.
    """
    app = MaskCheckAPI(
        title=openapi.TITLE,
        description=openapi.DESCRIPTION,
        version=__version__,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.include_router(Endpoints(settings, model).router())
    app.add_exception_handler(MaskServiceError, _tell_error)
    app.add_exception_handler(HTTPException, _tell_status)
    version = model.card.version if isinstance(model, Classifier) else None
    app.add_middleware(RequestTelemetry, model_version=version)
    app.add_middleware(StagePath)
    return app


async def _tell_error(request: Request, error: Exception) -> Response:
    return error_response(cast(MaskServiceError, error), RequestRecord.of(request.scope).request_id)


async def _tell_status(request: Request, error: Exception) -> Response:
    """Tell what the framework refuses: an unknown path, a wrong method."""
    refusal = cast(HTTPException, error)
    status = HTTPStatus(refusal.status_code)
    detail = f"{request.method} {request.url.path}: {status.description or status.phrase}. See /openapi.json."
    return status_response(status, detail, RequestRecord.of(request.scope).request_id, refusal.headers)
