"""The SDK: speaks the wire contract, version 1, with any MaskCheck API."""

from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import requests

from maskclient.addresses import is_loopback
from maskclient.batching import Crop, batches
from maskclient.bodies import read_body
from maskclient.errors import ApiUnreachable, InvalidResponse, RequestRejected
from maskclient.jsonfields import Fields
from maskclient.retry import RetryPolicy
from maskclient.statuses import status_error
from maskclient.version import __version__
from maskclient.wire import ClassifyResponse, CropResult, Health, ModelInfo, ModelRef

DEFAULT_TIMEOUT = (5.0, 30.0)
"""Seconds to wait for a connection, and for an answer; API Gateway waits 29."""


class MaskCheckClient:
    """A connection to one MaskCheck API.

    Connections are kept open between calls; use it as a context manager, or call `close`. Like
    the requests session inside, it is meant for one thread.

    Parameters
    ----------
    base_url : str
        Where the API is, without ``/v1``: ``https://….amazonaws.com/prod``, ``http://127.0.0.1:8000``.
    api_key : str, optional
        Sent as the header ``x-api-key``. Never part of a message or of ``repr``.
    timeout : tuple of float
        Seconds to wait for a connection, and for the next byte of an answer; all of it must be there
        after their sum.
    retry : RetryPolicy
        What is tried again, how often, and after how long.

    Raises
    ------
    ValueError
        If the address or the key cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        timeout: tuple[float, float] = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._base_url, host = _parse_address(base_url)
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        self._model: ModelInfo | None = None
        self._session = requests.Session()
        # A proxy from the environment cannot reach the loopback interface of this computer.
        self._session.trust_env = not is_loopback(host)
        self._session.headers.update(
            {"User-Agent": f"maskclient/{__version__}", "Accept": "application/json"}
        )
        if api_key is not None:
            self._session.headers["x-api-key"] = _checked_key(api_key)

    def __repr__(self) -> str:
        return f"MaskCheckClient({self._base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def classify(self, crops: Sequence[bytes | Crop]) -> ClassifyResponse:
        """Judge face crops, in as few requests as the contract allows.

        A crop that the API cannot decode gets a `CropError` in its place; all others are judged.
        If one of several requests fails, its error is raised and the answers of the others are
        lost; who wants to keep them sends at most 16 crops a call.

        Parameters
        ----------
        crops : sequence of bytes or Crop
            JPEG, PNG or WebP files, each a face with the margin that `model` tells.

        Raises
        ------
        CropTooLarge
            If one crop alone is larger than a request may be. Nothing is sent then.
        ApiError
            If a request fails, or its answer is not what the contract promises.
        """
        wrapped = [crop if isinstance(crop, Crop) else Crop(crop) for crop in crops]
        results: list[CropResult] = []
        model: ModelRef | None = None
        request_ids: list[str] = []
        for batch in list(batches(wrapped)):
            part = self._classify_batch(batch)
            results += [result.at(len(results) + offset) for offset, result in enumerate(part.results)]
            request_ids += part.request_ids
            model = part.model or model
        return ClassifyResponse(tuple(results), model, tuple(request_ids))

    def model(self) -> ModelInfo:
        """Tell how the model wants its crops; asked once, then remembered.

        Raises
        ------
        ApiError
            If the request fails, or its answer is not what the contract promises.
        """
        if self._model is None:
            self._model = ModelInfo.from_wire(self._exchange("GET", "/v1/model"))
        return self._model

    def health(self) -> Health:
        """Tell whether the API can answer; the errors are those of `model`."""
        return Health.from_wire(self._exchange("GET", "/health"))

    def _classify_batch(self, batch: Sequence[Crop]) -> ClassifyResponse:
        files = [("crops", (crop.filename, crop.data)) for crop in batch]
        try:
            answer = self._exchange("POST", "/v1/classify", files)
            model, id_field = ModelRef.from_wire(answer.within("model")), "request_id"
        except RequestRejected as error:
            # A batch of broken crops only is a problem to the API; to the caller it is one of many.
            if error.problem_type != "nothing-decodable" or "results" not in error.document:
                raise
            answer, model, id_field = Fields(error.document), None, "instance"
        results = tuple(CropResult.from_wire(fields) for fields in answer.objects("results"))
        if [result.index for result in results] != list(range(len(batch))):
            raise InvalidResponse(
                f"The API was sent {len(batch)} crops and its answer has {len(results)} results, "
                "or has them in another order."
            )
        request_id = answer.optional_text(id_field)
        return ClassifyResponse(results, model, (request_id,) if request_id else ())

    def _exchange(
        self, method: str, path: str, files: Sequence[tuple[str, tuple[str, bytes]]] | None = None
    ) -> Fields:
        return self._retry.run(lambda: self._try(method, path, files))

    def _try(self, method: str, path: str, files: Sequence[tuple[str, tuple[str, bytes]]] | None) -> Fields:
        deadline = monotonic() + sum(self._timeout)
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                files=files,
                timeout=self._timeout,
                allow_redirects=False,  # requests would carry the key to wherever it is led
                stream=True,
            )
            read_body(response, deadline)
        except requests.RequestException as error:
            raise self._unreachable(error) from error
        if response.status_code != requests.codes.ok:
            raise status_error(response, self._base_url)
        try:
            document = response.json()
        except ValueError as error:
            raise InvalidResponse(
                f"The answer from {self._base_url} is not JSON. Is this the address of a MaskCheck API?"
            ) from error
        return Fields(document)

    def _unreachable(self, error: requests.RequestException) -> ApiUnreachable:
        connect, read = self._timeout
        if isinstance(error, requests.ConnectTimeout):
            return ApiUnreachable(
                f"The API at {self._base_url} did not accept a connection in {connect:g} s."
            )
        if isinstance(error, requests.Timeout):
            return ApiUnreachable(f"The API at {self._base_url} did not answer in {read:g} s.")
        return ApiUnreachable(f"The API at {self._base_url} cannot be reached: {_root_cause(error)}.")


def _parse_address(base_url: str) -> tuple[str, str]:
    """Return the address without a trailing slash, and its host."""
    try:
        parts = urlsplit(base_url.strip())
        host = parts.hostname
        _ = parts.port  # raises if it is no number
    except ValueError as error:
        raise ValueError(f"The API's address is not a URL: {error}.") from error
    if "@" in parts.netloc:  # not shown: what stands before the @ may be a password
        raise ValueError("The API's address must not hold a user name or password; give the API key apart.")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError(f"The API's address must look like https://host/stage, not {base_url!r}.")
    return parts.geturl().rstrip("/"), host


def _checked_key(api_key: str) -> str:
    key = api_key.strip()  # a key read from a file ends in a newline
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError("The API key is empty or holds characters that a key cannot have.")
    return key


def _root_cause(error: BaseException) -> str:
    """Return the operating system's words for a failed connection, deep inside what requests raises."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return (cause.strerror or str(cause)).rstrip(".")
        cause = cause.__cause__ or cause.__context__
    return str(error).rstrip(".")
