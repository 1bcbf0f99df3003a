import json

import pytest

from maskservice.classifier import Classifier
from tests import pictures
from tests.callers import Answer, Caller, base64_json, multipart

BAD = {**pictures.undecodable(), **pictures.too_large()}
ENCODERS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


def assert_problem(answer: Answer, status: int, problem_type: str) -> dict[str, object]:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert problem["type"] == f"/problems/{problem_type}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == answer.headers["x-request-id"]
    return problem


@pytest.mark.parametrize("content_type", ENCODERS)
def test_one_picture(call: Caller, classifier: Classifier, content_type: str) -> None:
    picture = pictures.encode(pictures.scene(100, 80), ENCODERS[content_type])
    answer = call("POST", "/v1/classify", picture, content_type)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["model"]["sha256"] == classifier.sha256
    (result,) = document["results"]
    assert (result["index"], result["filename"]) == (0, None)
    assert (result["width"], result["height"]) == (100, 80)
    assert (
        result["confidence"]
        == result["probabilities"][result["label"]]
        == max(result["probabilities"].values())
    )
    assert sum(result["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)


def test_sixteen_crops_in_every_batch_form(call: Caller) -> None:
    crops = [pictures.jpeg(60 + index, 60, seed=index) for index in range(16)]
    by_part = call(
        "POST", "/v1/classify", *multipart([(f"{index}.jpg", crop) for index, crop in enumerate(crops)])
    )
    by_json = call("POST", "/v1/classify", *base64_json(crops))
    parts, entries = by_part.json()["results"], by_json.json()["results"]
    assert [result["index"] for result in parts] == list(range(16))
    assert [result["width"] for result in parts] == [60 + index for index in range(16)]
    assert [result.pop("filename") for result in parts] == [f"{index}.jpg" for index in range(16)]
    assert [result.pop("filename") for result in entries] == [None] * 16
    assert parts == entries


@pytest.mark.parametrize("kind", pictures.unusual())
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_unusual_pictures_are_judged(call: Caller, kind: str) -> None:
    picture, size = pictures.unusual()[kind]
    answer = call("POST", "/v1/classify", picture, "image/jpeg")  # whatever the type says, the bytes decide
    assert answer.status == 200
    (result,) = answer.json()["results"]
    assert (result["width"], result["height"]) == size


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("form", ["multipart", "json"])
def test_a_bad_crop_costs_the_others_nothing(call: Caller, kind: str, form: str) -> None:
    crops = [pictures.jpeg(seed=1), BAD[kind], pictures.jpeg(seed=2)]
    body = multipart([(None, crop) for crop in crops]) if form == "multipart" else base64_json(crops)
    answer = call("POST", "/v1/classify", *body)
    assert answer.status == 200
    first, bad, last = answer.json()["results"]
    assert first["label"]
    assert last["label"]
    assert bad.keys() == {"index", "filename", "error"}
    assert bad["index"] == 1
    assert bad["error"]["type"] == (
        "image-too-large" if kind in pictures.too_large() else "undecodable-image"
    )
    assert bad["error"]["detail"]


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind != "empty"])
def test_a_bad_picture_alone_is_unprocessable(call: Caller, kind: str) -> None:
    problem = assert_problem(call("POST", "/v1/classify", BAD[kind], "image/jpeg"), 422, "nothing-decodable")
    assert isinstance(problem["results"], list)
    (result,) = problem["results"]
    assert result["error"]["type"] == (
        "image-too-large" if kind in pictures.too_large() else "undecodable-image"
    )
    assert result["error"]["detail"] == problem["detail"]


def test_a_batch_of_bad_pictures_is_unprocessable(call: Caller) -> None:
    body = multipart([("a.gif", BAD["gif"]), ("b.jpg", BAD["empty"])])
    problem = assert_problem(call("POST", "/v1/classify", *body), 422, "nothing-decodable")
    assert isinstance(problem["results"], list)
    assert [result["filename"] for result in problem["results"]] == ["a.gif", "b.jpg"]


def test_an_entry_that_is_not_base64_costs_the_others_nothing(call: Caller) -> None:
    document = json.loads(base64_json([pictures.jpeg(), pictures.jpeg()])[0])
    document["crops"].insert(1, "not base64!")
    answer = call("POST", "/v1/classify", json.dumps(document).encode(), "application/json")
    assert answer.status == 200
    assert ["error" in result for result in answer.json()["results"]] == [False, True, False]


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "multipart/form-data; boundary=b", "application/json"]
)
def test_an_empty_body_is_malformed(call: Caller, content_type: str) -> None:
    assert_problem(call("POST", "/v1/classify", b"", content_type), 400, "malformed-request")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"crops": []}', "application/json"),
        (b'{"crops": "abc"}', "application/json"),
        (b'{"pictures": []}', "application/json"),
        (b"not json", "application/json"),
        base64_json([b"x"] * 17),
        multipart([("a.jpg", b"x")] * 17),
        multipart([("a.jpg", b"x")], name="file"),
        (b"--b--\r\n", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data"),
        (multipart([("a.jpg", pictures.jpeg())])[0][:-30], multipart([])[1]),
    ],
)
def test_malformed_bodies(call: Caller, body: bytes, content_type: str) -> None:
    assert_problem(call("POST", "/v1/classify", body, content_type), 400, "malformed-request")


@pytest.mark.parametrize("content_type", [None, "image/gif", "text/plain", "application/octet-stream"])
def test_other_content_types(call: Caller, content_type: str | None) -> None:
    assert_problem(call("POST", "/v1/classify", pictures.jpeg(), content_type), 415, "unsupported-media-type")


def test_a_body_over_four_megabytes(call: Caller) -> None:
    assert_problem(call("POST", "/v1/classify", b"x" * 4_000_001, "image/jpeg"), 413, "payload-too-large")


def test_a_body_of_four_megabytes_is_read(call: Caller) -> None:
    padded = pictures.jpeg() + b"\x00" * 4_000_000  # decoders ignore what follows the picture
    answer = call("POST", "/v1/classify", padded[:4_000_000], "image/jpeg")
    assert answer.status == 200
