"""Builds the ASGI application."""

from http import HTTPStatus
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from maskservice import __version__
from maskservice.classifier import Classifier
from maskservice.errors import MaskServiceError, ModelUnavailable, shown
from maskservice.gateway import StagePath
from maskservice.lazyfastapi import FastAPI
from maskservice.modelstore import BUNDLED, Origin
from maskservice.problems import error_response, status_response
from maskservice.routes import Endpoints
from maskservice.settings import Settings
from maskservice.telemetry import RequestRecord, RequestTelemetry

TITLE = "MaskCheck"


class MaskCheckAPI(FastAPI):
    """A FastAPI application that makes its OpenAPI document when first asked for it.

    FastAPI's own routes would build validators and schemas of every type for each start, of which
    no request needs any: the endpoints read and answer by themselves.

    Parameters
    ----------
    endpoints : Endpoints
        What is served and documented.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        super().__init__(
            title=TITLE,
            version=__version__,
            redoc_url=None,
            swagger_ui_oauth2_redirect_url=None,
            redirect_slashes=False,
            routes=[*endpoints.routes()],
        )
        self._endpoints = endpoints

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made at the first call."""
        if self.openapi_schema is None:
            from maskservice.openapi import document  # what only this needs takes time to import

            self.openapi_schema = document(TITLE, __version__, self._endpoints)
        return self.openapi_schema


def create_app(settings: Settings, model: Classifier | ModelUnavailable, origin: Origin = BUNDLED) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    settings : Settings
        The limits.
    model : Classifier or ModelUnavailable
        The loaded model; or why there is none, in which case the application answers with 503.
    origin : Origin
        Where the model came from.
    """
    app = MaskCheckAPI(Endpoints(settings, model, origin))
    if settings.site is not None:
        from maskservice.website import page_routes  # what only the page needs takes time to import

        app.router.routes.extend(page_routes(settings.site))
    app.add_exception_handler(MaskServiceError, _tell_error)
    app.add_exception_handler(HTTPException, _tell_status)
    version = model.card.version if isinstance(model, Classifier) else None
    app.add_middleware(RequestTelemetry, model_version=version, origin=origin, service=settings.service)
    app.add_middleware(StagePath)
    return app


async def _tell_error(request: Request, error: Exception) -> Response:
    return error_response(cast(MaskServiceError, error), RequestRecord.of(request.scope).request_id)


async def _tell_status(request: Request, error: Exception) -> Response:
    """Tell what the framework refuses: an unknown path, a wrong method."""
    refusal = cast(HTTPException, error)
    status = HTTPStatus(refusal.status_code)
    path = shown(request.url.path)
    detail = f"{request.method} {path}: {status.description or status.phrase}. See /openapi.json."
    return status_response(status, detail, RequestRecord.of(request.scope).request_id, refusal.headers)
