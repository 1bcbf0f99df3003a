import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from maskclient.api import MaskCheckClient
from maskclient.batching import MAX_BODY_BYTES, Crop
from maskclient.errors import (
    ApiError,
    ApiUnreachable,
    AuthenticationError,
    CropTooLarge,
    InvalidResponse,
    RateLimited,
    RequestRejected,
    ServiceUnavailable,
)
from maskclient.retry import RetryPolicy
from maskclient.wire import CropError, Judgement
from tests.unit.maskclient.scripted_api import MODEL, REF, Reply, ScriptedApi, result

KEY = "k3y-that-nobody-may-see"


class Sleeps(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@contextmanager
def connected(
    api: ScriptedApi, sleeps: Sleeps | None = None, timeout: tuple[float, float] = (2.0, 5.0)
) -> Iterator[MaskCheckClient]:
    retry = RetryPolicy(tries=3, sleep=Sleeps() if sleeps is None else sleeps)
    with MaskCheckClient(api.url, KEY, timeout, retry) as client:
        yield client


def test_crops_are_judged(api: ScriptedApi) -> None:
    api.label, api.verdict = "without_mask", "violation"
    with connected(api) as client:
        answer = client.classify([b"first", Crop(b"second", "b.jpg")])
    assert [judged.index for judged in answer.results] == [0, 1]
    outcome = answer.results[0].outcome
    assert isinstance(outcome, Judgement)
    assert (outcome.label, outcome.confidence, outcome.verdict) == ("without_mask", 0.97, "violation")
    assert (outcome.width, outcome.height, outcome.reasons) == (180, 170, ())
    assert answer.results[0].raw == result(0, "without_mask", "violation")
    assert answer.model is not None
    assert answer.model.version == "1.0.0"
    assert answer.request_ids == ("r1",)
    assert b'filename="b.jpg"' in api.received[0].body


def test_forty_crops_travel_in_three_requests(api: ScriptedApi) -> None:
    with connected(api) as client:
        answer = client.classify([b"crop"] * 40)
    assert [request.crops for request in api.received] == [16, 16, 8]
    assert [judged.index for judged in answer.results] == list(range(40))
    assert [judged.raw["index"] for judged in answer.results] == list(range(40))
    assert answer.request_ids == ("r1", "r2", "r3")


def test_no_crops_need_no_request(api: ScriptedApi) -> None:
    with connected(api) as client:
        assert client.classify([]).results == ()
    assert api.received == []


def test_a_request_stays_below_the_size_limit(api: ScriptedApi) -> None:
    with connected(api) as client:
        client.classify([bytes(1_500_000)] * 5)
    assert [request.crops for request in api.received] == [2, 2, 1]
    assert all(len(request.body) <= MAX_BODY_BYTES for request in api.received)


def test_the_overhead_of_a_part_is_counted(api: ScriptedApi) -> None:
    name = "ü" * 100
    size = MAX_BODY_BYTES // 8 - 256 - 200
    with connected(api) as client:
        client.classify([Crop(bytes(size), name)] * 8)
    assert len(api.received) == 1
    assert len(api.received[0].body) <= MAX_BODY_BYTES


def test_a_crop_that_no_request_can_carry_is_named_before_anything_is_sent(api: ScriptedApi) -> None:
    with connected(api) as client, pytest.raises(CropTooLarge, match=r"Crop 17 \(big.jpg\)"):
        client.classify([b"small"] * 17 + [Crop(bytes(MAX_BODY_BYTES), "big.jpg")])
    assert api.received == []


def test_one_bad_crop_costs_only_itself(api: ScriptedApi) -> None:
    bad = {"index": 1, "filename": "b.jpg", "error": {"type": "undecodable-image", "detail": "No picture."}}
    api.script.append(Reply(document={"request_id": "r", "model": REF, "results": [result(0), bad]}))
    with connected(api) as client:
        answer = client.classify([b"good", b"bad"])
    assert isinstance(answer.results[0].outcome, Judgement)
    assert answer.results[1].outcome == CropError("undecodable-image", "No picture.")


def test_a_batch_of_bad_crops_does_not_cost_the_other_batches(api: ScriptedApi) -> None:
    bad = {"index": 0, "filename": None, "error": {"type": "undecodable-image", "detail": "No picture."}}
    problem = {"type": "/problems/nothing-decodable", "status": 422, "instance": "r2", "results": [bad]}
    full = {"request_id": "r1", "model": REF, "results": [result(index) for index in range(16)]}
    api.script += [Reply(document=full), Reply(422, problem)]
    with connected(api) as client:
        answer = client.classify([b"good"] * 16 + [b"bad"])
    assert answer.results[16].outcome == CropError("undecodable-image", "No picture.")
    assert answer.results[16].index == 16
    assert answer.request_ids == ("r1", "r2")


def test_the_model_is_asked_for_once(api: ScriptedApi) -> None:
    with connected(api) as client:
        first, second = client.model(), client.model()
    assert first is second
    assert len(api.received) == 1
    assert (first.crop_margin, first.input_size, first.min_face_px) == (0.15, (112, 112), 24)
    assert first.raw == MODEL


def test_health_is_told(api: ScriptedApi) -> None:
    with connected(api) as client:
        assert client.health().status == "ok"


def test_the_key_is_sent_and_never_shown(api: ScriptedApi) -> None:
    api.script += [Reply(403, {"message": "Forbidden"})]
    with connected(api) as client:
        with pytest.raises(AuthenticationError) as caught:
            client.model()
        assert KEY not in repr(client)
    assert api.received[0].headers["x-api-key"] == KEY
    assert KEY not in f"{caught.value!r} {caught.value.__dict__}"
    assert "HTTP 403: Forbidden" in str(caught.value)


@pytest.mark.parametrize("key", ["", "  ", "two\nlines", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="API key") as caught:
        MaskCheckClient("https://example.org", key)
    assert not key.strip() or key not in str(caught.value)


def test_a_key_read_from_a_file_may_end_in_a_newline(api: ScriptedApi) -> None:
    with MaskCheckClient(api.url, f"{KEY}\n") as client:
        client.health()
    assert api.received[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    "address",
    ["example.org", "ftp://example.org", "https://", "https://h?x=1", "http://[::1", "http://h:port"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        MaskCheckClient(address)


def test_a_password_in_the_address_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="user name or password") as caught:
        MaskCheckClient("https://user:secret@example.org")
    assert "secret" not in str(caught.value)


def test_a_stage_in_the_address_is_kept(api: ScriptedApi) -> None:
    api.script.append(Reply(document=MODEL))
    with MaskCheckClient(f"{api.url}/prod/") as client:
        client.model()
    assert api.received[0].path == "/prod/v1/model"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_failures_are_tried_again(api: ScriptedApi, status: int) -> None:
    api.script += [Reply(status), Reply(status)]
    sleeps = Sleeps()
    with connected(api, sleeps) as client:
        assert len(client.classify([b"crop"]).results) == 1
    assert len(api.received) == 3
    assert 0.25 <= sleeps[0] <= 0.5 <= sleeps[1] <= 1.0


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, ServiceUnavailable)])
def test_it_gives_up_in_the_end(api: ScriptedApi, status: int, kind: type[ApiError]) -> None:
    api.script += [Reply(status)] * 3
    with connected(api) as client, pytest.raises(kind):
        client.classify([b"crop"])
    assert len(api.received) == 3


def test_the_api_may_ask_for_a_longer_wait(api: ScriptedApi) -> None:
    api.script.append(Reply(429, headers={"Retry-After": "7"}))
    sleeps = Sleeps()
    with connected(api, sleeps) as client:
        client.model()
    assert sleeps == [7.0]


def test_a_wait_that_is_too_long_is_left_to_the_caller(api: ScriptedApi) -> None:
    api.script.append(Reply(429, headers={"Retry-After": "3600"}))
    with connected(api) as client, pytest.raises(RateLimited) as caught:
        client.model()
    assert caught.value.retry_after == 3600
    assert len(api.received) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422, 501])
def test_lasting_failures_are_not_tried_again(api: ScriptedApi, status: int) -> None:
    api.script.append(Reply(status))
    with connected(api) as client, pytest.raises(ApiError):
        client.classify([b"crop"])
    assert len(api.received) == 1


def test_a_problem_document_is_told(api: ScriptedApi) -> None:
    problem = {"type": "/problems/payload-too-large", "status": 413, "detail": "Too large.", "instance": "r9"}
    api.script.append(Reply(413, problem))
    with connected(api) as client, pytest.raises(RequestRejected) as caught:
        client.classify([b"crop"])
    assert (caught.value.status, caught.value.problem_type) == (413, "payload-too-large")
    assert caught.value.detail == "Too large."
    assert "(HTTP 413 payload-too-large: Too large). Request id: r9." in str(caught.value)


def test_a_refused_connection_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    sleeps = Sleeps()
    with (
        MaskCheckClient(f"http://127.0.0.1:{port}", retry=RetryPolicy(tries=3, sleep=sleeps)) as client,
        pytest.raises(ApiUnreachable, match=rf"127.0.0.1:{port} cannot be reached: Connection refused\.$"),
    ):
        client.model()
    assert len(sleeps) == 2


def test_a_late_answer_is_told(api: ScriptedApi) -> None:
    ready = threading.Event()
    api.script += [Reply(after=ready)] * 3
    with (
        connected(api, timeout=(1.0, 0.05)) as client,
        pytest.raises(ApiUnreachable, match="did not answer"),
    ):
        client.model()
    ready.set()
    assert len(api.received) == 3


def test_a_broken_answer_is_tried_again(api: ScriptedApi) -> None:
    api.script.append(Reply(body=b"half", headers={"Content-Length": "100", "Connection": "close"}))
    with connected(api) as client:
        assert client.health().status == "ok"
    assert len(api.received) == 2


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"\xff\xfe"])
def test_an_answer_that_is_none_is_told(api: ScriptedApi, body: bytes) -> None:
    api.script.append(Reply(body=body))
    with connected(api) as client, pytest.raises(InvalidResponse, match="MaskCheck"):
        client.model()


def test_a_missing_field_is_named(api: ScriptedApi) -> None:
    incomplete = {name: value for name, value in result(0).items() if name != "verdict"}
    api.script.append(Reply(document={"request_id": "r", "model": REF, "results": [incomplete]}))
    with connected(api) as client, pytest.raises(InvalidResponse, match=r"results\[0\]\.verdict"):
        client.classify([b"crop"])


@pytest.mark.parametrize("indices", [[], [0], [1, 0], [0, 1, 2]])
def test_results_must_match_the_crops(api: ScriptedApi, indices: list[int]) -> None:
    results = [result(index) for index in indices]
    api.script.append(Reply(document={"request_id": "r", "model": REF, "results": results}))
    with connected(api) as client, pytest.raises(InvalidResponse, match="2 crops"):
        client.classify([b"one", b"two"])


def test_a_redirection_is_told_and_not_followed(api: ScriptedApi) -> None:
    api.script.append(Reply(301, headers={"Location": "https://elsewhere.example/"}))
    with connected(api) as client, pytest.raises(RequestRejected, match=r"https://elsewhere\.example/"):
        client.model()
    assert len(api.received) == 1


def test_the_loopback_interface_is_reached_past_a_proxy(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with connected(api) as client:
        assert client.health().status == "ok"
