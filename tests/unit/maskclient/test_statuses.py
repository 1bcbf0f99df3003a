from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from maskclient.errors import (
    AuthenticationError,
    RateLimited,
    RequestRejected,
    ServiceUnavailable,
    StatusError,
)
from maskclient.statuses import status_error

URL = "https://api.example/prod"


def answer(status: int, body: bytes = b"", **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, RequestRejected),
        (400, RequestRejected),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (429, RateLimited),
        (500, ServiceUnavailable),
        (503, ServiceUnavailable),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[StatusError]) -> None:
    error = status_error(answer(status), URL)
    assert type(error) is kind
    assert error.status == status
    assert URL in str(error)
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"type": 5, "detail": null}', b"\xff"])
def test_any_body_will_do(body: bytes) -> None:
    error = status_error(answer(502, body), URL)
    assert (error.problem_type, error.detail) == (None, None)


def test_a_problem_type_is_told_without_its_place() -> None:
    body = b'{"type": "https://docs.example/problems/malformed-request", "detail": "No crop."}'
    assert status_error(answer(400, body), URL).problem_type == "malformed-request"


def test_what_a_gateway_says_is_told() -> None:
    assert "Limit Exceeded" in str(status_error(answer(429, b'{"message": "Limit Exceeded"}'), URL))


def test_a_wrong_address_is_told() -> None:
    assert "Check the address" in str(status_error(answer(404), URL))


@pytest.mark.parametrize(("value", "seconds"), [("12", 12.0), ("soon", None), ("", None)])
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert status_error(answer(429, Retry_After=value), URL).retry_after == seconds


def test_retry_after_as_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    seconds = status_error(answer(503, Retry_After=when), URL).retry_after
    assert seconds is not None
    assert 15 < seconds <= 20


def test_a_date_that_has_passed_means_now() -> None:
    assert status_error(answer(503, Retry_After="Wed, 21 Oct 2015 07:28:00 -0000"), URL).retry_after == 0.0
