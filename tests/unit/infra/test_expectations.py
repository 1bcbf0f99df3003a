import json
from typing import Any

import pytest

from maskinfra.expectations import JUDGED, Expectation, observed


def respond(status: int, body: object, content_type: str = "application/json") -> dict[str, Any]:
    headers = {"content-type": content_type}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


def test_crops() -> None:
    results = [{"index": 0, "label": "with_mask"}, {"index": 1, "error": {"type": "image-too-large"}}]
    expected = Expectation(200, crops=(JUDGED, "image-too-large"))
    assert observed(respond(200, {"results": results})) == expected


def test_a_problem() -> None:
    response = respond(413, {"type": "/problems/payload-too-large"}, "application/problem+json")
    assert observed(response) == Expectation(413, "/problems/payload-too-large")


def test_base64_would_reach_the_caller_undecoded() -> None:
    with pytest.raises(ValueError, match="base64"):
        observed({**respond(200, {}), "isBase64Encoded": True})
