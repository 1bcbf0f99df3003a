import pytest

from maskclient.addresses import is_loopback
from maskclient.wall.tokens import bearer, checked_token, matches
from tests.unit.maskclient.wall.fakes import TOKEN


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_on_this_computer_no_token_is_needed(host: str) -> None:
    assert is_loopback(host)
    assert checked_token(host, None) is None
    assert checked_token(host, "") is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.2", "door.example", ""])  # noqa: S104
def test_elsewhere_one_is_needed(host: str) -> None:
    assert checked_token(host, TOKEN) == TOKEN
    with pytest.raises(ValueError, match=r"needs a token.*MASKCHECK_TOKEN"):
        checked_token(host, None)


@pytest.mark.parametrize(
    "token", ["short", "with a space in it", "line\nbreak-in-a-token", "zwölf-umlaute-öäü"]
)
def test_a_token_that_is_easy_to_guess_or_to_garble_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="16 letters"):
        checked_token("127.0.0.1", token)


@pytest.mark.parametrize("given", [None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), 7, ["x"], "\ud800"])
def test_only_the_token_itself_matches(given: object) -> None:
    assert not matches(TOKEN, given)
    assert matches(None, given)
    assert matches(TOKEN, TOKEN)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (f"Bearer {TOKEN}", TOKEN),
        (f"bearer  {TOKEN} ", TOKEN),
        (f"Basic {TOKEN}", None),
        (TOKEN, None),
        ("", None),
        (None, None),
    ],
)
def test_the_header(header: str | None, token: str | None) -> None:
    assert bearer(header) == token
