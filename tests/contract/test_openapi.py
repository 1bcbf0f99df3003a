from collections.abc import Iterator
from typing import Any, cast

import jsonschema
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from maskservice import schemas
from maskservice.app import create_app
from maskservice.errors import PROBLEM_KINDS, ModelUnavailable
from maskservice.settings import Settings
from tests import pictures
from tests.callers import Answer, AsgiCaller, base64_json, multipart

WIRE_TYPES = [
    model
    for model in vars(schemas).values()
    if isinstance(model, type)
    and issubclass(model, BaseModel)
    and "examples" in cast(dict[str, object], model.model_config.get("json_schema_extra") or {})
]


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    contract: dict[str, Any] = AsgiCaller(app)("GET", "/openapi.json").json()
    return contract


def nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(child)


def assert_told(document: dict[str, Any], method: str, path: str, answer: Answer) -> None:
    """The answer is one that the contract announces for this operation."""
    responses = document["paths"][path][method.lower()]["responses"]
    content = responses[str(answer.status)]["content"][answer.headers["content-type"]]
    schema = {**content["schema"], "components": document["components"]}
    jsonschema.validate(answer.json(), schema, jsonschema.Draft202012Validator)


def test_the_document_is_openapi_31(document: dict[str, Any], app: FastAPI) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "MaskCheck"
    assert document["info"]["version"] == app.version
    assert {(path, *operations) for path, operations in document["paths"].items()} == {
        ("/v1/classify", "post"),
        ("/v1/model", "get"),
        ("/health", "get"),
    }


def test_every_reference_resolves_and_every_schema_is_valid(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    used = {node["$ref"] for node in nodes(document) if "$ref" in node}
    assert used <= known
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_schema_and_operation_is_described(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        assert schema.get("description")
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            assert all(response["description"] for response in operation["responses"].values())


@pytest.mark.parametrize("model", WIRE_TYPES, ids=lambda model: model.__name__)
def test_examples_are_valid(model: type[BaseModel], document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"][model.__name__]
    for example in schema["examples"]:
        assert model.model_validate(example).model_dump(mode="json") == example
        jsonschema.validate(example, {**schema, "components": document["components"]})


def test_the_three_body_forms_are_told(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/classify"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"].keys() == {
        "image/jpeg",
        "image/png",
        "image/webp",
        "multipart/form-data",
        "application/json",
    }
    parts = body["content"]["multipart/form-data"]["schema"]["properties"]["crops"]
    assert (parts["minItems"], parts["maxItems"]) == (1, 16)
    assert "4000000 bytes" in body["description"]


def test_every_problem_is_told_as_problem_json(document: dict[str, Any]) -> None:
    responses = document["paths"]["/v1/classify"]["post"]["responses"]
    ours = {str(int(kind.status)) for kind in PROBLEM_KINDS.values()} | {"500"}
    assert ours | {"200", "403", "429", "504"} == set(responses)
    for status in set(responses) - {"200"}:
        assert list(responses[status]["content"]) == ["application/problem+json"]


def test_the_key_is_told_as_optional(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"] == {
        "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}
    }
    for path, method in (("/v1/classify", "post"), ("/v1/model", "get")):
        assert document["paths"][path][method]["security"] == [{"apiKey": []}, {}]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (pictures.jpeg(), "image/jpeg"),
        multipart([("a.jpg", pictures.jpeg()), ("b.jpg", b"text")]),
        base64_json([pictures.jpeg(16, 16)]),
        (b"", "image/png"),
        (b"text", "image/png"),
        (b"text", "text/plain"),
        (b"x" * 4_000_001, "image/png"),
    ],
    ids=["jpeg", "multipart", "json", "empty", "undecodable", "unsupported", "too-large"],
)
def test_answers_keep_the_contract(
    document: dict[str, Any], app: FastAPI, body: bytes, content_type: str
) -> None:
    answer = AsgiCaller(app)("POST", "/v1/classify", body, content_type)
    assert_told(document, "POST", "/v1/classify", answer)


@pytest.mark.parametrize("path", ["/v1/model", "/health"])
def test_answers_keep_the_contract_with_and_without_a_model(
    document: dict[str, Any], app: FastAPI, settings: Settings, path: str
) -> None:
    for served in (app, create_app(settings, ModelUnavailable("Why."))):
        assert_told(document, "GET", path, AsgiCaller(served)("GET", path))
