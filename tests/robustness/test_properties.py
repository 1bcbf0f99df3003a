"""Whatever is sent, the answer is sound: hypothesis makes the bodies and the headers."""

import base64
import json
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from maskservice.gateway import LambdaHandler
from tests import pictures
from tests.callers import (
    CALLERS,
    REQUEST_ID,
    Answer,
    Caller,
    event_loop,
    lambda_context,
    multipart,
    rest_event,
)

GOOD = [pictures.jpeg(seed=seed) for seed in range(3)]
FORM = "multipart/form-data; boundary=b0undary"
MEDIA_TYPES = ["image/jpeg", "image/png", "image/webp", "application/json", FORM]

some = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def call(app: FastAPI) -> Caller:
    return CALLERS["rest"](app)


Validators = dict[int, Draft202012Validator]


@pytest.fixture(scope="module")
def validators(app: FastAPI) -> Validators:
    """By status, what the OpenAPI document says of the answer's body."""
    document = app.openapi()
    found = {}
    for status, told in document["paths"]["/v1/classify"]["post"]["responses"].items():
        (content,) = told["content"].values()
        schema = {**content["schema"], "components": document["components"]}
        found[int(status)] = Draft202012Validator(schema)
    return found


def check(answer: Answer, validators: Validators) -> Any:
    """Hold what holds of every answer; return its body."""
    assert answer.status < 500
    assert answer.status in validators
    assert answer.headers["x-request-id"] == REQUEST_ID
    told = answer.json()
    validators[answer.status].validate(told)
    if "results" in told:
        assert [result["index"] for result in told["results"]] == list(range(len(told["results"])))
    return told


@some
@given(body=st.binary(max_size=3000), content_type=st.sampled_from(MEDIA_TYPES) | st.text(max_size=60))
def test_any_bytes_under_any_type(
    call: Caller, validators: Validators, body: bytes, content_type: str
) -> None:
    check(call("POST", "/v1/classify", body, content_type), validators)


@some
@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text() | st.just("crops"), inner),
    )
)
def test_any_json(call: Caller, validators: Validators, document: object) -> None:
    answer = call("POST", "/v1/classify", json.dumps(document).encode(), "application/json")
    told = check(answer, validators)
    assert answer.status in (200, 400, 422), told


encoded = st.sampled_from(GOOD).map(lambda data: base64.b64encode(data).decode())
entries = st.one_of(
    st.text(max_size=50),
    st.binary(max_size=80).map(lambda data: base64.b64encode(data).decode()),
    encoded,
    encoded.map(lambda text: f"data:image/jpeg;base64,{text}"),
)


@some
@given(crops=st.lists(entries, max_size=18))
def test_every_string_gets_its_place(call: Caller, validators: Validators, crops: list[str]) -> None:
    answer = call("POST", "/v1/classify", json.dumps({"crops": crops}).encode(), "application/json")
    told = check(answer, validators)
    if 1 <= len(crops) <= 16:
        assert len(told["results"]) == len(crops)
    else:
        assert answer.status == 400


delimiters = st.sampled_from([b"--b0undary\r\n", b"--b0undary--\r\n", b"--b0undary", b"--other\r\n", b""])
header_names = st.sampled_from([b"Content-Disposition", b"Content-Type", b"Content-Transfer-Encoding", b"X"])
header_values = st.one_of(
    st.sampled_from([b'form-data; name="crops"', b'form-data; name="crops"; filename="a"', b"base64"]),
    st.binary(max_size=40).filter(lambda value: b"\r" not in value and b"\n" not in value),
)
headers_of_parts = st.lists(st.tuples(header_names, header_values), max_size=3).map(
    lambda pairs: b"".join(name + b": " + value + b"\r\n" for name, value in pairs)
)
line_ends = st.sampled_from([b"\r\n", b"\n", b""])
contents = st.binary(max_size=60) | st.sampled_from(GOOD)
parts = st.tuples(delimiters, headers_of_parts, line_ends, contents, line_ends).map(b"".join)
forms = st.tuples(st.lists(parts, max_size=5).map(b"".join), delimiters).map(b"".join)
"""Bodies made of the pieces of a form, mostly in the right order."""


@some
@given(body=forms)
def test_any_form(call: Caller, validators: Validators, body: bytes) -> None:
    answer = call("POST", "/v1/classify", body, FORM)
    check(answer, validators)
    assert answer.status in (200, 400, 422)


file_names = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n'), max_size=20)


@some
@given(
    bad=st.lists(st.binary(max_size=200), min_size=1, max_size=5),
    places=st.lists(st.integers(0, 5), min_size=3, max_size=3),
    names=st.lists(file_names, min_size=3, max_size=3),
)
def test_bad_crops_change_nothing_for_good_ones(
    call: Caller, validators: Validators, bad: list[bytes], places: list[int], names: list[str]
) -> None:
    crops: list[tuple[str | None, bytes]] = [(None, data) for data in bad]
    for good, place, name in zip(GOOD, places, names, strict=True):
        crops.insert(place, (name, good))
    told = check(call("POST", "/v1/classify", *multipart(crops)), validators)
    alone = {good: verdict_alone(call, good) for good in GOOD}
    for (_, data), result in zip(crops, told["results"], strict=True):
        if data in alone:
            assert (result["label"], result["verdict"]) == alone[data]
        else:
            assert result["error"]["type"] == "undecodable-image"


def verdict_alone(call: Caller, crop: bytes) -> tuple[str, str]:
    (result,) = call("POST", "/v1/classify", crop, "image/jpeg").json()["results"]
    return result["label"], result["verdict"]


usual = ["Content-Type", "content-length", "Accept", "Host", "X-Amzn-Trace-Id", "X-Forwarded-Port"]
odd = ["image/jpeg", "0", "-1", "x" * 9000, ":", "a:b:c", "\u0663", "443, 443"]
headers_of_events = st.dictionaries(
    st.sampled_from(usual) | st.text(min_size=1, max_size=20),
    st.sampled_from(odd) | st.text(st.characters(codec="latin-1"), max_size=200),
    max_size=6,
)


@some
@given(headers=headers_of_events, body=st.binary())
def test_any_headers_of_the_gateway(app: FastAPI, headers: dict[str, str], body: bytes) -> None:
    event = rest_event("POST", "/v1/classify", body)
    event["headers"] = headers
    event["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
    with event_loop():
        reply = LambdaHandler(app)(event, lambda_context())
    assert reply["statusCode"] < 500
    json.loads(reply["body"])


paths = st.text(st.characters(codec="latin-1"), max_size=40)


@some
@given(path=paths, method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]))
def test_any_path(app: FastAPI, path: str, method: str) -> None:
    with event_loop():
        reply = LambdaHandler(app)(rest_event(method, "/" + path), lambda_context())
    assert reply["statusCode"] < 500
