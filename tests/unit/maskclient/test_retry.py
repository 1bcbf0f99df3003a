import pytest

from maskclient.errors import ApiError, ApiUnreachable, InvalidResponse, ServiceUnavailable
from maskclient.retry import RetryPolicy


class Exchange:
    def __init__(self, *errors: ApiError) -> None:
        self.errors = list(errors)
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def test_success_needs_no_wait() -> None:
    sleeps: list[float] = []
    assert RetryPolicy(sleep=sleeps.append).run(Exchange()) == "answer"
    assert sleeps == []


def test_waits_double_up_to_a_limit() -> None:
    sleeps: list[float] = []
    policy = RetryPolicy(tries=8, first_delay=1.0, max_delay=4.0, sleep=sleeps.append)
    policy.run(Exchange(*[ApiUnreachable()] * 6))
    for slept, longest in zip(sleeps, [1, 2, 4, 4, 4, 4], strict=True):
        assert longest / 2 <= slept <= longest


def test_one_try_is_one_try() -> None:
    exchange = Exchange(ApiUnreachable("gone"))
    with pytest.raises(ApiUnreachable, match="gone"):
        RetryPolicy(tries=1).run(exchange)
    assert exchange.tries == 1


@pytest.mark.parametrize("error", [InvalidResponse("nonsense"), ServiceUnavailable("no", status=501)])
def test_what_would_fail_again_is_raised_at_once(error: ApiError) -> None:
    exchange = Exchange(error)
    with pytest.raises(type(error)):
        RetryPolicy().run(exchange)
    assert exchange.tries == 1


def test_a_short_wish_of_the_api_does_not_shorten_the_backoff() -> None:
    sleeps: list[float] = []
    RetryPolicy(sleep=sleeps.append).run(Exchange(ServiceUnavailable("busy", status=503, retry_after=0.0)))
    assert sleeps[0] >= 0.25
