"""When a failed exchange with the API is tried again, and after how long."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from maskclient.errors import ApiError, ApiUnreachable, RateLimited, ServiceUnavailable, StatusError

_PASSING_STATUSES = frozenset({500, 502, 503, 504})

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter, which honours ``Retry-After``.

    Tried again are broken connections, timeouts, 429, 500, 502, 503 and 504. That holds for POST
    too: the function keeps nothing, so asking twice changes nothing. Before try ``n`` the client
    waits between half and all of ``first_delay * 2 ** (n - 2)`` seconds ("equal jitter", Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015), or as long as the API asked for
    if that is longer.

    Attributes
    ----------
    tries : int
        How often an exchange is tried in all; 1 tries once.
    first_delay : float
        Seconds before the second try.
    max_delay : float
        Longest wait in seconds. If the API asks for a longer one, the error is raised at once.
    sleep : callable
        Waits for so many seconds.
    """

    tries: int = 4
    first_delay: float = 0.5
    max_delay: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def run(self, exchange: Callable[[], Answer]) -> Answer:
        """Return what an exchange returns, trying again where that can help.

        Parameters
        ----------
        exchange : callable
            Raises `ApiError` if it fails.

        Raises
        ------
        ApiError
            The last one, if no try succeeded.
        """
        tried = 0
        while True:
            try:
                return exchange()
            except ApiError as error:
                tried += 1
                delay = self._delay(error, tried)
                if delay is None:
                    raise
            self.sleep(delay)

    def _delay(self, error: ApiError, tried: int) -> float | None:
        if tried >= self.tries or not _may_pass(error):
            return None
        backoff = min(self.first_delay * 2.0 ** (tried - 1), self.max_delay)
        delay = backoff * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing
        asked = error.retry_after if isinstance(error, StatusError) else None
        if asked is None:
            return delay
        return None if asked > self.max_delay else max(asked, delay)


def _may_pass(error: ApiError) -> bool:
    if isinstance(error, ServiceUnavailable):
        return error.status in _PASSING_STATUSES
    return isinstance(error, ApiUnreachable | RateLimited)
