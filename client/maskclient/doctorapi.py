"""Looks at an API as the client sees it: whether it answers, takes the key, and agrees about the time."""

import statistics
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from maskclient.api import MaskCheckClient
from maskclient.doctor import Check
from maskclient.errors import ApiError, AuthenticationError
from maskclient.retry import RetryPolicy
from maskclient.version import __version__

TIMEOUT = (5.0, 30.0)
"""A function that starts first may take a while."""
CALLS = 5
SLOW_MS = 1000.0
CLOCK_SECONDS = 30.0
"""How far the two clocks may be apart. Receivers of webhooks take 300 s, but many others less."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ADDRESS_ADVICE = "Check the address, the network and the proxy, or name another API with --api."
_KEY_ADVICE = "Give the right key with --api-key, or in the environment variable MASKCHECK_API_KEY."


def check_api(address: str, key: str | None, now: Callable[[], float] = time.time) -> list[Check]:
    """Look at an API.

    Parameters
    ----------
    address : str
        Where it is, without ``/v1``.
    key : str or None
        Its key, where it asks for one.
    now : callable
        This computer's time in seconds since 1970.
    """
    try:
        client = MaskCheckClient(address, key, TIMEOUT, RetryPolicy(tries=1))
    except ValueError as error:
        return [Check("API", "failed", str(error), "Mend the address or the key."), *_skipped()]
    with client:
        health = check_health(client)
        if health.state == "failed":
            return [health, *_skipped()]
        return [health, *check_model(client, key), check_round_trip(client), check_clock(address, now)]


def check_health(client: MaskCheckClient) -> Check:
    """Ask whether it can answer, with the model that it should have."""
    try:
        health = client.health()
    except AuthenticationError as error:
        return Check("API", "failed", str(error), _KEY_ADVICE)
    except ApiError as error:
        return Check("API", "failed", str(error), _ADDRESS_ADVICE)
    if health.status != "ok":
        why = health.raw.get("fallback") or "it does not say why"
        return Check(
            "API", "warning", f"{health.status}: {why}", "Look at the API's log; its bundled model stands in."
        )
    return Check("API", "ok", f"answers, version {health.version}")


def check_model(client: MaskCheckClient, key: str | None) -> list[Check]:
    """Ask for the model, which an API that is locked tells only those with the key.

    Parameters
    ----------
    client : MaskCheckClient
        Has the key.
    key : str or None
        Tells only whether there is one.
    """
    try:
        model = client.model()
    except AuthenticationError as error:
        return [
            Check("API key", "failed", str(error), _KEY_ADVICE),
            Check("model", "skipped", "the API does not tell without the key"),
        ]
    except ApiError as error:
        return [
            Check("API key", "skipped", "the API does not tell"),
            Check("model", "failed", str(error), "Look at the API's log."),
        ]
    height, width = model.input_size
    return [
        Check("API key", "ok", "accepted" if key else "none given, and none asked for"),
        Check("model", "ok", f"{model.name} {model.version}, looks at {width} x {height} pixels"),
    ]


def check_round_trip(client: MaskCheckClient) -> Check:
    """Measure how long an answer takes, once the connection is there."""
    times = []
    try:
        for _ in range(CALLS):
            start = time.perf_counter()
            client.health()
            times.append((time.perf_counter() - start) * 1000)
    except ApiError as error:
        return Check("round trip", "failed", str(error), "The API answers now and then only; try later.")
    median = statistics.median(times)
    said = f"{median:.0f} ms (median of {CALLS})"
    if median > SLOW_MS:
        return Check("round trip", "warning", said, "Verdicts will come late: use a nearer or a faster API.")
    return Check("round trip", "ok", said)


def check_clock(address: str, now: Callable[[], float] = time.time) -> Check:
    """Compare this computer's time with what the API's answers are dated.

    Parameters
    ----------
    address : str
        Where the API is. It is asked without the key: any answer has a date.
    now : callable
        This computer's time in seconds since 1970.
    """
    try:
        date, here = _date_of(address, now)
        there = parsedate_to_datetime(date).timestamp()
    except requests.RequestException as error:
        return Check("clock", "skipped", f"the API did not answer ({type(error).__name__})")
    except ValueError:
        return Check("clock", "skipped", "the API's answers have no date")
    apart = here - there
    if abs(apart) > CLOCK_SECONDS:
        which = "ahead of" if apart > 0 else "behind"
        return Check(
            "clock",
            "warning",
            f"{abs(apart):.0f} s {which} the API's",
            "Set this computer's clock (on Linux: sudo timedatectl set-ntp true): with a wrong one, "
            "signed webhooks and TLS certificates are refused.",
        )
    return Check("clock", "ok", f"within {max(1, round(abs(apart)))} s of the API's")


def _date_of(address: str, now: Callable[[], float]) -> tuple[str, float]:
    """Return an answer's date, empty if it has none, and this computer's time meanwhile."""
    with requests.Session() as session:
        # A proxy from the environment cannot reach the loopback interface of this computer.
        session.trust_env = urlsplit(address).hostname not in _LOOPBACK
        session.headers["User-Agent"] = f"maskclient/{__version__}"
        before = now()
        answer = session.get(f"{address.rstrip('/')}/health", timeout=TIMEOUT, allow_redirects=False)
        return answer.headers.get("Date", ""), (before + now()) / 2


def _skipped() -> list[Check]:
    names = ("API key", "model", "round trip", "clock")
    return [Check(name, "skipped", "the API does not answer") for name in names]
