"""Makes /openapi.json: FastAPI derives it from the endpoints and the wire types, and this adds the rest."""

from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from maskservice import problems
from maskservice.multipart import MULTIPART_TYPE
from maskservice.routes import Endpoints
from maskservice.schemas import (
    ClassifyResponse,
    Health,
    JsonUpload,
    ModelInfo,
    NothingDecodableProblem,
    Problem,
    Unhealthy,
)
from maskservice.uploads import JSON_TYPE, PART_NAME, PICTURE_TYPES, UploadLimits

DESCRIPTION = """\
Tells whether the people in pictures wear a face mask, wear it badly, or wear none.

Cut each face out of the picture with the margin that `GET /v1/model` tells, and send the crops to
`POST /v1/classify`. Nothing is stored, and no picture is logged. Where the function is deployed behind
its gateway, every call carries the header `x-api-key`.

This page loads its scripts from a public CDN; `/openapi.json` needs none.
"""

_KEY_SCHEME = "apiKey"
_SCHEMA_REF = "#/components/schemas/{model}"
_BINARY = {"type": "string", "format": "binary"}

_KEY_OPERATION: dict[str, Any] = {"security": [{_KEY_SCHEME: []}, {}]}
"""A key where the gateway asks for one; none where the function runs alone."""


def _problem(description: str, model: type[Problem] = Problem) -> dict[str, Any]:
    schema = {"$ref": _SCHEMA_REF.format(model=model.__name__)}
    return {"description": description, "content": {problems.MEDIA_TYPE: {"schema": schema}}}


_GATEWAY_PROBLEMS: dict[int | str, dict[str, Any]] = {
    403: _problem("Answered by the gateway: the header `x-api-key` is missing, or its key is unknown"),
    429: _problem("Answered by the gateway: more requests than the key's usage plan allows"),
    504: _problem("Answered by the gateway: the function took too long"),
}

_MODEL_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **_GATEWAY_PROBLEMS,
    500: _problem("The function failed unexpectedly"),
    503: _problem("The model is not available, or there are too many requests at once (`Retry-After`)"),
}

_CLASSIFY_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **_MODEL_PROBLEMS,
    400: _problem("The body is malformed, empty, or carries no crop or too many"),
    408: _problem("The body did not arrive in time"),
    413: _problem("The body is too large"),
    415: _problem("The content type is not supported"),
    422: _problem("Not one crop could be decoded", NothingDecodableProblem),
}


def document(title: str, version: str, endpoints: Endpoints) -> dict[str, Any]:
    """Make the OpenAPI document.

    Parameters
    ----------
    title, version : str
        Of the function.
    endpoints : Endpoints
        Their docstrings become descriptions; their limits are told.
    """
    told = _operations(endpoints.limits)
    router = APIRouter()
    for route in endpoints.routes():
        methods = sorted(route.methods or ())
        router.add_api_route(
            route.path, route.endpoint, methods=methods, operation_id=route.name, **told[route.name]
        )
    schema = get_openapi(title=title, version=version, description=DESCRIPTION, routes=router.routes)
    return _complete(schema)


def _operations(limits: UploadLimits) -> dict[str, dict[str, Any]]:
    """Return what FastAPI is told of each operation."""
    return {
        "classify": {
            "summary": "Judge face crops",
            "response_description": "One result per crop",
            "response_model": ClassifyResponse,
            "responses": _CLASSIFY_PROBLEMS,
            "openapi_extra": _classify_body(limits),
        },
        "model": {
            "summary": "Tell how the model wants its crops",
            "response_description": "The model's card",
            "response_model": ModelInfo,
            "responses": _MODEL_PROBLEMS,
            "openapi_extra": _KEY_OPERATION,
        },
        "health": {
            "summary": "Tell whether the function can answer",
            "response_description": "The model is loaded",
            "response_model": Health,
            "responses": {503: {"model": Unhealthy, "description": "No model could be loaded"}},
        },
    }


def _classify_body(limits: UploadLimits) -> dict[str, Any]:
    """Describe the three body forms of ``POST /v1/classify``."""
    crops = {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": limits.max_crops}
    form = {"type": "object", "properties": {PART_NAME: crops}, "required": [PART_NAME]}
    content: dict[str, Any] = {media_type: {"schema": _BINARY} for media_type in PICTURE_TYPES}
    content[MULTIPART_TYPE] = {
        "schema": form,
        "encoding": {PART_NAME: {"contentType": ", ".join(PICTURE_TYPES)}},
    }
    content[JSON_TYPE] = {"schema": {"$ref": _SCHEMA_REF.format(model=JsonUpload.__name__)}}
    description = (
        f"One crop as it is, or 1 to {limits.max_crops} crops as multipart parts named `{PART_NAME}`, or as "
        f"base64 in JSON. At most {limits.max_body_bytes} bytes. A picture's bytes say what it is, not its "
        "declared type."
    )
    return {
        **_KEY_OPERATION,
        "requestBody": {"required": True, "description": description, "content": content},
    }


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the security scheme and the types that only hand-written parts refer to."""
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {_KEY_SCHEME: {"type": "apiKey", "in": "header", "name": "x-api-key"}}
    _, definitions = models_json_schema(
        [(model, "serialization") for model in (JsonUpload, Problem, NothingDecodableProblem)],
        ref_template=_SCHEMA_REF,
    )
    components.setdefault("schemas", {}).update(definitions["$defs"])
    return schema
