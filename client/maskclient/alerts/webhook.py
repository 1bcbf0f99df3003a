"""Events by HTTP, signed, so that the receiver knows who sent them and that nobody changed them."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

import requests

from maskclient.addresses import is_loopback
from maskclient.alerts.event import DoorEvent
from maskclient.errors import AlertFailed, ApiError, ApiUnreachable, RateLimited
from maskclient.retry import RetryPolicy
from maskclient.version import __version__

DEFAULT_TIMEOUT = (5.0, 10.0)
"""Seconds to wait for a connection, and for the receiver's answer."""
TOLERANCE_SECONDS = 300.0
"""How far a receiver's clock and the sender's may be apart."""
TIMESTAMP_HEADER = "X-MaskCheck-Timestamp"
SIGNATURE_HEADER = "X-MaskCheck-Signature"
EVENT_ID_HEADER = "X-MaskCheck-Event-Id"


class _TryAgain(RateLimited):
    """429 or 5xx: another try may succeed, so `RetryPolicy` is to treat all of them alike."""


def signature(secret: bytes, timestamp: int | str, body: bytes) -> str:
    """Return what the header ``X-MaskCheck-Signature`` holds for a body.

    Parameters
    ----------
    secret : bytes
        What sender and receiver share.
    timestamp : int or str
        What the header ``X-MaskCheck-Timestamp`` holds.
    body : bytes
        The request's body as it is sent.
    """
    return "sha256=" + hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def verify(
    secret: bytes,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    tolerance: float = TOLERANCE_SECONDS,
) -> bool:
    """Tell a receiver whether a request came from who knows the secret, unchanged and lately.

    A copy of a request that is younger than the tolerance passes too: remember the
    ``X-MaskCheck-Event-Id`` of what was acted on.

    Parameters
    ----------
    secret : bytes
        What sender and receiver share.
    headers : mapping
        The request's headers; upper and lower case are the same.
    body : bytes
        The request's body as it came, not parsed and written again.
    now : float
        Seconds since 1970.
    tolerance : float
        How many seconds the timestamp may differ from that.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get(TIMESTAMP_HEADER.lower(), "")
    if not secret or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    claimed = given.get(SIGNATURE_HEADER.lower(), "").encode(errors="replace")
    genuine = hmac.compare_digest(signature(secret, timestamp, body).encode(), claimed)
    return genuine and abs(now - int(timestamp)) <= tolerance


class Webhook:
    """Posts each event as JSON to one address, for one thread.

    Tried again are broken connections, timeouts, 429 and every 5xx, each time with a new timestamp
    and the same event id. Redirects are not followed. Messages name the scheme, host and port
    only: path, query and user name of a webhook's address often are secrets themselves.

    Parameters
    ----------
    url : str
        Where to post; https, except on this computer.
    secret : bytes or None
        Signs each request; None sends them unsigned.
    name : str
        What counters and messages call this sink.
    session : requests.Session, optional
        Sends the requests.
    timeout : tuple of float
        Seconds to wait for a connection, and for the answer.
    retry : RetryPolicy, optional
        How often an event is tried, and after how long.
    allow_http : bool
        Whether an address without encryption is acceptable; anybody on the way can read the events.
    clock : callable
        Seconds since 1970.

    Raises
    ------
    ValueError
        If the address or the secret cannot be used.
    """

    def __init__(
        self,
        url: str,
        secret: bytes | None,
        *,
        name: str = "webhook",
        session: requests.Session | None = None,
        timeout: tuple[float, float] = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        allow_http: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        parts = _parse_address(url, allow_http=allow_http)
        if secret is not None and not secret:
            raise ValueError("The webhook's secret is empty. Give one, or None to send without a signature.")
        self.name = name
        self._url = parts.geturl()
        self._shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._secret = secret
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        self._clock = clock
        self._session = session or requests.Session()
        if is_loopback(parts.hostname or ""):
            self._session.trust_env = False  # a proxy from the environment cannot reach this computer

    def __repr__(self) -> str:
        return f"Webhook({self._shown!r})"

    def send(self, event: DoorEvent) -> None:
        """Post an event, trying again where that can help.

        Raises
        ------
        AlertFailed
            If the receiver did not take it.
        """
        body = json.dumps(event.to_json(), ensure_ascii=False, separators=(",", ":")).encode()
        try:
            self._retry.run(lambda: self._try(event.event_id, body))
        except ApiError as error:
            raise AlertFailed(str(error)) from None  # what is behind it may show the address

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _try(self, event_id: str, body: bytes) -> None:
        try:
            response = self._session.post(
                self._url,
                data=body,
                headers=self._headers(event_id, body),
                timeout=self._timeout,
                allow_redirects=False,  # the event is meant for this receiver only
                stream=True,  # what the receiver says besides the status is not read
            )
        except requests.Timeout:
            raise ApiUnreachable(f"The webhook at {self._shown} did not answer in time.") from None
        except requests.RequestException as error:
            raise ApiUnreachable(
                f"The webhook at {self._shown} cannot be reached: {_root_cause(error)}."
            ) from None
        with response:
            self._judge(response)

    def _headers(self, event_id: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"maskclient/{__version__}",
            EVENT_ID_HEADER: event_id,
            TIMESTAMP_HEADER: timestamp,
        }
        if self._secret is not None:
            headers[SIGNATURE_HEADER] = signature(self._secret, timestamp, body)
        return headers

    def _judge(self, response: requests.Response) -> None:
        status = response.status_code
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            asked = response.headers.get("Retry-After", "").strip()
            raise _TryAgain(
                f"The webhook at {self._shown} cannot take events at present (HTTP {status}).",
                status=status,
                # Seconds only: a receiver that names a date is asked again after the usual wait.
                retry_after=float(asked) if asked.isdecimal() else None,
            )
        if response.is_redirect:
            raise AlertFailed(
                f"The webhook at {self._shown} has moved (HTTP {status}). Give its new address."
            )
        raise AlertFailed(
            f"The webhook at {self._shown} rejected the event (HTTP {status}). Check address and secret."
        )


def _parse_address(url: str, *, allow_http: bool) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises if it is no number
    except ValueError:
        raise ValueError("The webhook's address is not a URL.") from None  # its text may show secrets
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("The webhook's address must look like https://host/path.")
    if parts.scheme == "http" and not (allow_http or is_loopback(parts.hostname)):
        raise ValueError(
            f"The webhook at {parts.hostname} would get events unencrypted. Use https, or allow http "
            "if nobody else is on the way."
        )
    return parts


def _root_cause(error: BaseException) -> str:
    """Return the operating system's words, never those of requests, which quote the address."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return (cause.strerror or type(cause).__name__).rstrip(".")
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
