import json
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from maskclient.alerts.webhook import Webhook, signature, verify
from maskclient.errors import AlertFailed
from maskclient.retry import RetryPolicy
from tests.unit.maskclient.alerts.doors import door_event
from tests.unit.maskclient.alerts.receiver import SECRET, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class Sleeps(list[float]):
    """A sleep that takes no time."""

    def policy(self, tries: int = 4) -> RetryPolicy:
        return RetryPolicy(tries=tries, sleep=self.append)


def post(receiver: Receiver, secret: bytes | None = SECRET, tries: int = 4) -> Sleeps:
    sleeps = Sleeps()
    webhook = Webhook(receiver.url, secret, retry=sleeps.policy(tries), timeout=(2, 0.3))
    try:
        webhook.send(door_event())
    finally:
        webhook.close()
    return sleeps


def test_the_receiver_gets_a_signed_event(receiver: Receiver) -> None:
    event = door_event()
    webhook = Webhook(receiver.url, SECRET)
    webhook.send(event)
    webhook.close()
    ((headers, body),) = receiver.requests
    assert json.loads(body) == event.to_json()
    assert receiver.genuine == [True]
    assert headers["Content-Type"] == "application/json"
    assert headers["X-MaskCheck-Event-Id"] == event.event_id
    assert headers["User-Agent"].startswith("maskclient/")
    assert abs(int(headers["X-MaskCheck-Timestamp"]) - time.time()) < 10


@pytest.mark.parametrize("secret", [b"another", None])
def test_a_wrong_signature_or_none_is_refused(receiver: Receiver, secret: bytes | None) -> None:
    with pytest.raises(AlertFailed, match=r"HTTP 401.*Check address and secret"):
        post(receiver, secret)
    assert receiver.genuine == [False]
    assert ("X-MaskCheck-Signature" in receiver.requests[0][0]) == (secret is not None)


@pytest.mark.parametrize("failure", [429, 500, 501, 503, 522, "cut", "hang"])
def test_what_may_pass_is_tried_again(receiver: Receiver, failure: int | str) -> None:
    receiver.script.extend([failure, failure])
    assert len(post(receiver)) == 2
    assert receiver.genuine == [True] * 3
    assert len({headers["X-MaskCheck-Event-Id"] for headers, _ in receiver.requests}) == 1
    assert len({body for _, body in receiver.requests}) == 1


def test_each_try_is_signed_anew(receiver: Receiver) -> None:
    receiver.script.append(500)
    times = iter([1000.9, 2000.2])
    webhook = Webhook(receiver.url, SECRET, retry=Sleeps().policy(), clock=lambda: next(times))
    with pytest.raises(AlertFailed, match="401"):  # the receiver's clock tells another time
        webhook.send(door_event())
    webhook.close()
    assert [headers["X-MaskCheck-Timestamp"] for headers, _ in receiver.requests] == ["1000", "2000"]
    for (headers, body), now in zip(receiver.requests, (1000.9, 2000.2), strict=True):
        assert verify(SECRET, headers, body, now)


@pytest.mark.parametrize("failure", [500, "cut", "hang"])
def test_a_receiver_that_never_takes_it_is_told(receiver: Receiver, failure: int | str) -> None:
    receiver.script.extend([failure] * 2)
    with pytest.raises(AlertFailed, match=r"The webhook at http://127\.0\.0\.1:\d+ ") as caught:
        post(receiver, tries=2)
    assert len(receiver.requests) == 2
    assert "hidden" not in str(caught.value)
    assert "hooks" not in str(caught.value)


def test_the_receiver_may_name_the_wait(receiver: Receiver) -> None:
    receiver.headers = {"Retry-After": "7"}
    receiver.script.append(429)
    assert post(receiver) == [7]


def test_a_date_to_wait_for_is_not_read(receiver: Receiver) -> None:
    receiver.headers = {"Retry-After": "Sun, 01 Mar 2026 08:30:00 GMT"}
    receiver.script.append(503)
    assert post(receiver)[0] <= 0.5


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_rejection_is_final(receiver: Receiver, status: int) -> None:
    receiver.script.append(status)
    with pytest.raises(AlertFailed, match=f"rejected the event .HTTP {status}"):
        post(receiver)
    assert len(receiver.requests) == 1


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.headers = {"Location": receiver.url}
    receiver.script.append(307)
    with pytest.raises(AlertFailed, match=r"has moved .HTTP 307"):
        post(receiver)
    assert len(receiver.requests) == 1


def test_an_address_without_a_server_is_told_without_secrets() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        url = f"http://user:hidden@127.0.0.1:{port}/hidden?token=hidden"
        webhook = Webhook(url, b"hidden", retry=RetryPolicy(tries=1), timeout=(1, 1))
        with pytest.raises(AlertFailed, match="cannot be reached: Connection refused") as caught:
            webhook.send(door_event())
        webhook.close()
    assert "hidden" not in str(caught.value) + repr(webhook)
    assert caught.value.__cause__ is None
    assert f"127.0.0.1:{port}" in repr(webhook)


class BrokenSession(requests.Session):
    def post(self, *_args: object, **_options: object) -> requests.Response:
        raise requests.exceptions.InvalidHeader("https://host/hidden")


def test_what_requests_says_is_not_shown() -> None:
    webhook = Webhook("https://host/hidden", None, session=BrokenSession(), retry=RetryPolicy(tries=1))
    with pytest.raises(AlertFailed, match="cannot be reached: InvalidHeader") as caught:
        webhook.send(door_event())
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://door.example/x", "http://192.168.1.5:8080", "http://[fe80::1]/"])
def test_http_is_for_this_computer_only(url: str) -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        Webhook(url, SECRET)
    Webhook(url, SECRET, allow_http=True).close()


@pytest.mark.parametrize(
    "url", ["http://localhost:9/x", "http://127.0.0.2", "http://[::1]:9", "https://a.b/c"]
)
def test_addresses_that_may_be_used(url: str) -> None:
    Webhook(url, SECRET).close()


@pytest.mark.parametrize(
    "url",
    ["", "host/hidden", "ftp://host/hidden", "https:///hidden", "https://hidden:x:y/", "https://[hidden"],
)
def test_what_is_no_address_is_told_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="webhook's address") as caught:
        Webhook(url, SECRET)
    assert "hidden" not in str(caught.value)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        Webhook("https://host", b"")


def signed(body: bytes = b"{}", timestamp: str = "1000") -> dict[str, str]:
    return {
        "x-maskcheck-timestamp": timestamp,
        "X-MASKCHECK-SIGNATURE": signature(SECRET, timestamp, body),
    }


def test_a_known_signature() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    known = "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
    assert signature(b"secret", 1700000000, b"{}") == known
    assert signature(b"secret", "1700000000", b"{}") == known


@pytest.mark.parametrize("now", [700, 1000.4, 1300])
def test_verify_takes_what_is_genuine(now: float) -> None:
    assert verify(SECRET, signed(), b"{}", now)


@pytest.mark.parametrize("now", [699, 1301])
def test_verify_refuses_what_is_old_or_of_the_future(now: float) -> None:
    assert not verify(SECRET, signed(), b"{}", now)
    assert verify(SECRET, signed(), b"{}", now, tolerance=400)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(b"{ }"),
        signed() | {"x-maskcheck-timestamp": "1001"},
        signed() | {"X-MASKCHECK-SIGNATURE": signed()["X-MASKCHECK-SIGNATURE"].removeprefix("sha256=")},
        signed() | {"X-MASKCHECK-SIGNATURE": "sha256=é\ud800"},
        signed(timestamp=""),
        signed(timestamp="-1000"),
        signed(timestamp="1000.0"),
        signed(timestamp="\u0661\u0660\u0660\u0660"),
        signed(timestamp="1" * 5000),
    ],
)
def test_verify_refuses_what_is_forged(headers: dict[str, str]) -> None:
    assert not verify(SECRET, headers, b"{}", 1000)


def test_verify_refuses_everything_without_a_secret() -> None:
    headers = {"X-MaskCheck-Timestamp": "1000", "X-MaskCheck-Signature": signature(b"", "1000", b"{}")}
    assert not verify(b"", headers, b"{}", 1000)
