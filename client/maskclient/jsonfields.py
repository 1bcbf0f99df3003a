"""Reading decoded JSON field by field, so that what is missing can be named."""

from collections.abc import Mapping
from typing import Any, Self

from maskclient.errors import InvalidResponse


class Fields:
    """One JSON object of an answer.

    Every method raises `InvalidResponse`, which names the field, if it is missing or of another type.

    Parameters
    ----------
    value : object
        Decoded JSON.
    where : str
        Its place in the document, for messages; empty for the document itself.
    """

    def __init__(self, value: object, where: str = "") -> None:
        if not isinstance(value, dict):
            raise InvalidResponse(f"This is no MaskCheck answer: {where or 'it'} is no JSON object.")
        self.raw: Mapping[str, Any] = value
        self._where = where

    def within(self, name: str) -> Self:
        """Return a field that is an object itself."""
        return type(self)(self._get(name), self._path(name))

    def text(self, name: str) -> str:
        """Return a string."""
        value = self._get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a string, or None where the field is null or left out."""
        return None if self.raw.get(name) is None else self.text(name)

    def number(self, name: str) -> float:
        """Return a number."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        return float(value)

    def integer(self, name: str) -> int:
        """Return a whole number."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "a list of strings")
        return tuple(value)

    def size(self, name: str) -> tuple[int, int]:
        """Return a list of two positive whole numbers."""
        value = self._get(name)
        if not isinstance(value, list) or len(value) != 2 or not all(type(v) is int and v > 0 for v in value):
            raise self._wrong(name, "a list of two positive whole numbers")
        return value[0], value[1]

    def numbers(self, name: str) -> dict[str, float]:
        """Return an object of which every field is a number."""
        fields = self.within(name)
        return {key: fields.number(key) for key in fields.raw}

    def objects(self, name: str) -> list[Self]:
        """Return a list of objects."""
        value = self._get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return [type(self)(item, f"{self._path(name)}[{index}]") for index, item in enumerate(value)]

    def _get(self, name: str) -> object:
        if name not in self.raw:
            raise InvalidResponse(f"The API's answer lacks the field {self._path(name)!r}.")
        return self.raw[name]

    def _path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _wrong(self, name: str, wanted: str) -> InvalidResponse:
        return InvalidResponse(f"The field {self._path(name)!r} of the API's answer is not {wanted}.")
