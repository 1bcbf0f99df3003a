import json
from http import HTTPStatus

import pytest

from maskservice.errors import PROBLEM_KINDS, MaskServiceError, NothingDecodable, PayloadTooLarge
from maskservice.problems import error_response, status_response


def test_an_error_becomes_a_problem() -> None:
    response = error_response(PayloadTooLarge("The body is too long."), "id-1")
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "/problems/payload-too-large",
        "title": "The request body is too large",
        "status": 413,
        "detail": "The body is too long.",
        "instance": "id-1",
    }


@pytest.mark.parametrize("error", [kind for kind in PROBLEM_KINDS if kind is not NothingDecodable])
def test_every_kind_can_be_told(error: type[MaskServiceError]) -> None:
    assert error_response(error("Why."), "id-1").status_code == PROBLEM_KINDS[error].status


def test_nothing_decodable_carries_the_crops_errors() -> None:
    results: list[dict[str, object]] = [
        {"index": 0, "filename": None, "error": {"type": "a-b", "detail": "c"}}
    ]
    response = error_response(NothingDecodable("Why.", results), "id-1")
    assert json.loads(bytes(response.body))["results"] == results


def test_a_status_names_itself() -> None:
    response = status_response(HTTPStatus.METHOD_NOT_ALLOWED, "Why.", "id-1", {"Allow": "POST"})
    problem = json.loads(bytes(response.body))
    assert (problem["type"], problem["title"]) == ("/problems/method-not-allowed", "Method Not Allowed")
    assert response.headers["allow"] == "POST"
