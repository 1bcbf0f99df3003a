"""The error tree of the function, and the one table that turns an error into HTTP.

``MaskServiceError``
    every error this package raises on purpose

    ``PictureError``
        one picture cannot be used; the other crops of the request are still answered

        ``UndecodableImage``
            not a JPEG, PNG or WebP picture, or broken, or cut short
        ``ImageTooLarge``
            the header announces more pixels than the function decodes

    ``RequestError``
        the whole request cannot be answered

        ``MalformedRequest``
            the body is not what its content type promises, or carries no crop or too many
        ``PayloadTooLarge``
            the body is larger than the function accepts
        ``SlowBody``
            the body did not arrive in time
        ``UnsupportedMediaType``
            the body is of a type the function does not read
        ``NothingDecodable``
            not one crop of the request could be decoded

    ``Busy``
        as many requests as the function takes at once are being answered
    ``ModelUnavailable``
        no usable model could be loaded
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar


class MaskServiceError(Exception):
    """Base of every error this package raises on purpose.

    Parameters
    ----------
    detail : str
        What happened and what to do about it, for the person who sent the request.
    """

    problem_type: ClassVar[str] = "internal-error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class PictureError(MaskServiceError):
    """One picture cannot be used; the rest of the request can."""


class UndecodableImage(PictureError):
    """The bytes are not a JPEG, PNG or WebP picture, or are broken or cut short."""

    problem_type = "undecodable-image"


class ImageTooLarge(PictureError):
    """The picture's header announces more pixels than the function decodes."""

    problem_type = "image-too-large"


class RequestError(MaskServiceError):
    """The whole request cannot be answered."""


class MalformedRequest(RequestError):
    """The body is not what its content type promises, or carries no crop or too many."""

    problem_type = "malformed-request"


class PayloadTooLarge(RequestError):
    """The body is larger than the function accepts."""

    problem_type = "payload-too-large"


class SlowBody(RequestError):
    """The body did not arrive in time."""

    problem_type = "request-timeout"


class UnsupportedMediaType(RequestError):
    """The body is of a type the function does not read."""

    problem_type = "unsupported-media-type"


class NothingDecodable(RequestError):
    """Not one crop of the request could be decoded.

    Parameters
    ----------
    detail : str
        What happened, in one sentence.
    results : list of dict
        The error of each crop, in the shape a partly successful answer would have carried.
    """

    problem_type = "nothing-decodable"

    def __init__(self, detail: str, results: list[dict[str, object]]) -> None:
        super().__init__(detail)
        self.results = results


class Busy(MaskServiceError):
    """As many requests as the function takes at once are being answered."""

    problem_type = "server-busy"


class ModelUnavailable(MaskServiceError):
    """No usable model could be loaded."""

    problem_type = "model-unavailable"


def shown(text: str, length: int = 60) -> str:
    """Return what a caller sent, quoted for a message, and cut where it is long.

    Parameters
    ----------
    text : str
        Anything.
    length : int
        Most characters.
    """
    return repr(text if len(text) <= length else f"{text[:length]}…")


@dataclass(frozen=True)
class ProblemKind:
    """How one error class is told over HTTP (RFC 9457).

    Attributes
    ----------
    status : HTTPStatus
        The status of the response.
    title : str
        A summary that is the same for every occurrence.
    retry_after : int or None
        Seconds after which to ask again, where that is worth it.
    """

    status: HTTPStatus
    title: str
    retry_after: int | None = None


PROBLEM_KINDS: dict[type[MaskServiceError], ProblemKind] = {
    MalformedRequest: ProblemKind(HTTPStatus.BAD_REQUEST, "The request body is malformed"),
    PayloadTooLarge: ProblemKind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large"),
    SlowBody: ProblemKind(HTTPStatus.REQUEST_TIMEOUT, "The request body did not arrive in time"),
    UnsupportedMediaType: ProblemKind(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The content type is not supported"),
    NothingDecodable: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, "No crop of the request could be decoded"),
    Busy: ProblemKind(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests at once", retry_after=1),
    ModelUnavailable: ProblemKind(HTTPStatus.SERVICE_UNAVAILABLE, "The model is not available"),
}
