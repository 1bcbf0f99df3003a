"""What the function must answer to each event of infra/events, whatever the model thinks of the faces."""

import json
from dataclasses import dataclass
from typing import Any

JUDGED = "judged"


@dataclass(frozen=True)
class Expectation:
    """The answer to one event.

    Attributes
    ----------
    status : int
        HTTP status.
    problem : str or None
        Type of the problem where the whole request is refused.
    crops : tuple of str
        Per crop `JUDGED`, or the type of its error.
    """

    status: int
    problem: str | None = None
    crops: tuple[str, ...] = ()


EXPECTATIONS = {
    "jpeg": Expectation(200, crops=(JUDGED,)),
    "png": Expectation(200, crops=(JUDGED,)),
    "webp": Expectation(200, crops=(JUDGED,)),
    "multipart-8-crops": Expectation(200, crops=(JUDGED,) * 8),
    "json-2-crops": Expectation(200, crops=(JUDGED,) * 2),
    "one-bad-picture": Expectation(200, crops=(JUDGED, "undecodable-image", JUDGED)),
    "only-bad-pictures": Expectation(422, "/problems/nothing-decodable", ("undecodable-image",) * 2),
    "too-large": Expectation(413, "/problems/payload-too-large"),
    "too-many-crops": Expectation(400, "/problems/malformed-request"),
    "wrong-type": Expectation(415, "/problems/unsupported-media-type"),
    "model": Expectation(200),
    "health": Expectation(200),
    "openapi": Expectation(200),
}


def observed(response: dict[str, Any]) -> Expectation:
    """Bring a function's response into the form of an expectation.

    Parameters
    ----------
    response : dict
        As returned to API Gateway.

    Raises
    ------
    ValueError
        If the body is base64, which a caller would see undecoded: every answer of the function is
        text, and the gateway decodes for callers that accept a binary type only. Or if it is no JSON.
    """
    if response["isBase64Encoded"]:
        raise ValueError("The function wrapped its answer in base64.")
    body = json.loads(response["body"])
    problem = body["type"] if response["headers"]["content-type"] == "application/problem+json" else None
    crops = tuple(
        result["error"]["type"] if "error" in result else JUDGED for result in body.get("results", ())
    )
    return Expectation(response["statusCode"], problem, crops)
