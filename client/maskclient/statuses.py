"""Reading answers that are no success: the function's problem documents, and what gateways say."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests

from maskclient.errors import (
    AuthenticationError,
    RateLimited,
    RequestRejected,
    ServiceUnavailable,
    StatusError,
)


def status_error(response: requests.Response, base_url: str) -> StatusError:
    """Turn an answer that is no success into the error that tells it.

    Parameters
    ----------
    response : requests.Response
        Its body may be a problem document (RFC 9457), a gateway's ``{"message": …}`` or anything.
    base_url : str
        Where the API was looked for.
    """
    document = _document(response)
    status = response.status_code
    kind = _kind(status)
    # The API may name its types by path or by full URL; the last part is the stable one.
    problem_type = _text(document, "type")
    problem_type = problem_type.rsplit("/", 1)[-1] if problem_type else None
    detail = _text(document, "detail") or _text(document, "message")
    return kind(
        _message(kind, response, base_url, _said(status, problem_type, detail)) + _request_id(document),
        status=status,
        problem_type=problem_type,
        detail=detail,
        retry_after=_retry_after(response.headers.get("Retry-After")),
        document=document,
    )


def _kind(status: int) -> type[StatusError]:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return AuthenticationError
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited
    return ServiceUnavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else RequestRejected


def _message(kind: type[StatusError], response: requests.Response, base_url: str, said: str) -> str:
    if kind is AuthenticationError:
        return (
            f"The API at {base_url} refused access ({said}). "
            "Check the API key, and that the address ends in the stage, such as /prod."
        )
    if kind is RateLimited:
        return f"The API at {base_url} limits how much it answers ({said}). Try again later, or send less."
    if kind is ServiceUnavailable:
        return f"The API at {base_url} cannot answer at present ({said})."
    if response.is_redirect:
        return (
            f"The API at {base_url} has moved to {response.headers['Location']} ({said}). Use that address."
        )
    if response.status_code == HTTPStatus.NOT_FOUND:
        return f"There is no MaskCheck API at {base_url} ({said}). Check the address."
    return f"The API at {base_url} rejected the request ({said})."


def _said(status: int, problem_type: str | None, detail: str | None) -> str:
    head = " ".join(part for part in (f"HTTP {status}", problem_type) if part)
    return f"{head}: {detail.rstrip('.')}" if detail else head


def _request_id(document: Mapping[str, Any]) -> str:
    instance = _text(document, "instance")
    return f" Request id: {instance}." if instance else ""


def _document(response: requests.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None


def _retry_after(value: str | None) -> float | None:
    """Read a ``Retry-After`` header: seconds, or a date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:  # "-0000": UTC, of which nothing is known about the place
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
