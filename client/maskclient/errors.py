"""The error tree of the client; `maskclient.cli` alone turns it into exit codes.

``MaskClientError``
    every error this package raises on purpose

    ``AlertFailed``
        an alert did not reach the place it was meant for
    ``ApiError``
        the API did not give a usable answer

        ``ApiUnreachable``
            no answer: no connection, a broken one, or none in time
        ``InvalidResponse``
            an answer that is not what the contract promises
        ``StatusError``
            an answer with a status that is no success

            ``AuthenticationError``
                401 or 403: the key is missing or wrong
            ``RateLimited``
                429, still after the retries
            ``RequestRejected``
                any other status below 500: the request itself is not acceptable
            ``ServiceUnavailable``
                500 and above, still after the retries

    ``BatchFailed``
        pictures could not be judged as a batch
    ``CaptureFailed``
        labelled pictures could not be collected
    ``CropTooLarge``
        one crop alone is larger than a request may be; nothing was sent
    ``ConfigurationInvalid``
        an option, an environment variable or the settings file holds what cannot be used
    ``DetectorUnavailable``
        the face detector cannot work with what is installed
    ``LocalServiceFailed``
        the function could not be started on this computer
    ``PictureUnreadable``
        a picture file could not be read
    ``PictureUnwritable``
        an annotated copy could not be written
    ``RecordingFailed``
        an annotated video could not be written
    ``SourceUnavailable``
        a camera, video or stream could not be opened
    ``WindowUnavailable``
        no window can be opened on this computer
"""

from collections.abc import Mapping
from typing import Any


class MaskClientError(Exception):
    """Base of every error this package raises on purpose.

    Its text says what happened and what to do, and never holds the API key.
    """


class AlertFailed(MaskClientError):
    """An alert did not reach the place it was meant for: a webhook, a broker, a loudspeaker."""


class ApiError(MaskClientError):
    """The API did not give a usable answer."""


class ApiUnreachable(ApiError):
    """No answer: no connection, a broken one, or none in time."""


class InvalidResponse(ApiError):
    """An answer that is not what the contract promises."""


class StatusError(ApiError):
    """An answer with a status that is no success.

    Parameters
    ----------
    message : str
        What happened and what to do.
    status : int
        The HTTP status.
    problem_type : str or None
        The problem's type without its path, such as ``payload-too-large``; None if the answer
        was no problem document, as those of a gateway are not.
    detail : str or None
        What the API itself said.
    retry_after : float or None
        Seconds the API asked to wait before another try, if it did.
    document : mapping, optional
        The answer's JSON object; empty if it was none.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        problem_type: str | None = None,
        detail: str | None = None,
        retry_after: float | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem_type = problem_type
        self.detail = detail
        self.retry_after = retry_after
        self.document: Mapping[str, Any] = document or {}


class AuthenticationError(StatusError):
    """401 or 403: the key is missing or wrong."""


class RateLimited(StatusError):
    """429, still after the retries."""


class RequestRejected(StatusError):
    """Any other status below 500: the request itself is not acceptable."""


class ServiceUnavailable(StatusError):
    """500 and above, still after the retries."""


class BatchFailed(MaskClientError):
    """Pictures could not be judged as a batch: its bucket, its journal or its output cannot be used."""


class CaptureFailed(MaskClientError):
    """Labelled pictures could not be collected."""


class CropTooLarge(MaskClientError):
    """One crop alone is larger than a request may be; nothing was sent."""


class ConfigurationInvalid(MaskClientError):
    """An option, an environment variable or the settings file holds what cannot be used."""


class DetectorUnavailable(MaskClientError):
    """The face detector cannot work with what is installed."""


class LocalServiceFailed(MaskClientError):
    """The function could not be started on this computer."""


class PictureUnreadable(MaskClientError):
    """A picture file could not be read."""


class PictureUnwritable(MaskClientError):
    """An annotated copy could not be written."""


class RecordingFailed(MaskClientError):
    """An annotated video could not be written."""


class SourceUnavailable(MaskClientError):
    """A camera, video or stream could not be opened."""


class WindowUnavailable(MaskClientError):
    """No window can be opened on this computer."""
