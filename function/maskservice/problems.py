"""Errors of a whole request, told as ``application/problem+json`` (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from maskservice.errors import PROBLEM_KINDS, MaskServiceError, NothingDecodable

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/problems/"


def error_response(error: MaskServiceError, request_id: str) -> Response:
    """Tell an error of this package.

    Parameters
    ----------
    error : MaskServiceError
        Of a class in ``PROBLEM_KINDS``.
    request_id : str
        Becomes the problem's ``instance``.
    """
    kind = PROBLEM_KINDS[type(error)]
    extension = {"results": error.results} if isinstance(error, NothingDecodable) else {}
    headers = {} if kind.retry_after is None else {"Retry-After": str(kind.retry_after)}
    return _response(
        error.problem_type, kind.status, kind.title, error.detail, request_id, extension, headers
    )


def status_response(
    status: HTTPStatus, detail: str, request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Tell an error that HTTP itself has a name for, such as 404.

    Parameters
    ----------
    status : HTTPStatus
        Its phrase becomes the title and, in kebab-case, the type.
    detail : str
        What happened and what to do.
    request_id : str
        Becomes the problem's ``instance``.
    headers : mapping of str to str, optional
        Sent along, such as ``Allow`` with a 405.
    """
    slug = status.phrase.lower().replace(" ", "-")
    return _response(slug, status, status.phrase, detail, request_id, {}, headers)


def _response(
    slug: str,
    status: HTTPStatus,
    title: str,
    detail: str,
    request_id: str,
    extension: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> Response:
    problem = {
        "type": TYPE_PREFIX + slug,
        "title": title,
        "status": status.value,
        "detail": detail,
        "instance": request_id,
        **extension,
    }
    return Response(
        json.dumps(problem, ensure_ascii=False), status.value, dict(headers or {}), media_type=MEDIA_TYPE
    )
