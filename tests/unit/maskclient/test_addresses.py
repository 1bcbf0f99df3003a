import pytest

from maskclient.addresses import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_what_only_this_computer_reaches(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "0.0.0.0", "::", "localhost.example", "127.0.0.1.example"])  # noqa: S104
def test_what_others_may_reach(host: str) -> None:
    assert not is_loopback(host)
