import re

from maskservice import errors
from maskservice.errors import PROBLEM_KINDS, MaskServiceError, PictureError, RequestError, shown


def leaves(base: type[MaskServiceError]) -> list[type[MaskServiceError]]:
    # Batches have errors of their own, which no request meets.
    children = [child for child in base.__subclasses__() if child.__module__ == errors.__name__]
    return [leaf for child in children for leaf in leaves(child)] if children else [base]


def test_every_error_of_a_whole_request_has_a_place_in_the_table() -> None:
    whole = [error for error in leaves(MaskServiceError) if not issubclass(error, PictureError)]
    assert set(whole) == set(PROBLEM_KINDS)


def test_problem_types_are_distinct_and_kebab_case() -> None:
    types = [error.problem_type for error in leaves(MaskServiceError)]
    assert len(set(types)) == len(types)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)+", name) for name in types)


def test_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    named: list[type[MaskServiceError]] = [MaskServiceError, RequestError, PictureError]
    for error in [*named, *leaves(MaskServiceError)]:
        assert f"``{error.__name__}``" in errors.__doc__


def test_what_was_sent_is_quoted_and_cut() -> None:
    assert shown("a\0b") == "'a\\x00b'"
    assert shown("x" * 60) == repr("x" * 60)
    assert len(shown("x" * 100_000)) == 63
