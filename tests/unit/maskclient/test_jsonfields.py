import re

import pytest

from maskclient.errors import InvalidResponse
from maskclient.jsonfields import Fields

DOCUMENT = {
    "text": "a",
    "number": 1.5,
    "whole": 3,
    "texts": ["a"],
    "size": [2, 3],
    "numbers": {"a": 1},
    "none": None,
}


def test_fields_are_read() -> None:
    fields = Fields(DOCUMENT)
    assert fields.text("text") == "a"
    assert fields.number("number") == 1.5
    assert fields.number("whole") == 3.0
    assert fields.integer("whole") == 3
    assert fields.texts("texts") == ("a",)
    assert fields.size("size") == (2, 3)
    assert fields.numbers("numbers") == {"a": 1.0}
    assert fields.optional_text("none") is None
    assert fields.optional_text("missing") is None
    assert fields.optional_text("text") == "a"


@pytest.mark.parametrize(
    "kind", ["text", "number", "integer", "texts", "size", "numbers", "objects", "within"]
)
def test_what_is_missing_is_named(kind: str) -> None:
    with pytest.raises(InvalidResponse, match="lacks the field 'missing'"):
        getattr(Fields(DOCUMENT), kind)("missing")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 1),
        ("optional_text", 1),
        ("number", "1"),
        ("number", True),
        ("integer", 1.5),
        ("integer", False),
        ("texts", "abc"),
        ("texts", [1]),
        ("size", [1]),
        ("size", [1, 0]),
        ("size", [1, 2.0]),
        ("size", "12"),
        ("numbers", [1]),
        ("numbers", {"a": "b"}),
        ("objects", {}),
        ("objects", [1]),
        ("within", 5),
    ],
)
def test_what_is_of_another_type_is_named(kind: str, value: object) -> None:
    with pytest.raises(InvalidResponse, match=r"outer\.field"):
        getattr(Fields({"field": value}, "outer"), kind)("field")


def test_places_are_told_in_full() -> None:
    fields = Fields({"results": [{"error": {}}]}).objects("results")[0].within("error")
    with pytest.raises(InvalidResponse, match=re.escape("results[0].error.type")):
        fields.text("type")


@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_a_document_must_be_an_object(value: object) -> None:
    with pytest.raises(InvalidResponse, match="no JSON object"):
        Fields(value)
