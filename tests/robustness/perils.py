"""AWS on a bad day: errors, lost answers, and the end of the process between any two calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError


class Killed(BaseException):
    """The process ends here: no `except Exception` sees it."""


@dataclass
class Perils:
    """What happens to the calls of a process.

    Attributes
    ----------
    chance : Random
        Decides.
    faults, kills : float
        Share of the calls that fail, and at which the process ends.
    met : list of str
        What happened, for the tests to see that it did.
    """

    chance: Random
    faults: float
    kills: float
    met: list[str] = field(default_factory=list)

    def around(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Make a call, or not, or make it and lose the answer."""
        self.end_perhaps()
        fault = self._fault(call.__name__)
        if fault is not None and self.chance.random() < 0.5:
            raise fault
        answer = call(**arguments)
        self.end_perhaps()
        if fault is not None and fault_may_come_late(fault):
            raise fault
        return answer

    def end_perhaps(self) -> None:
        if self.chance.random() < self.kills / 2:
            self.met.append("killed")
            raise Killed

    def breaks(self) -> bool:
        """Whether a body breaks off."""
        return self.chance.random() < self.faults

    def _fault(self, name: str) -> Exception | None:
        if self.chance.random() >= self.faults:
            return None
        code = self.chance.choice(["SlowDown", "InternalError", "503", "read timeout", "connect timeout"])
        self.met.append(code)
        if code == "read timeout":
            return ReadTimeoutError(endpoint_url="https://s3")
        if code == "connect timeout":
            return ConnectTimeoutError(endpoint_url="https://s3")
        status = 500 if code == "InternalError" else 503
        told = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return ClientError(told, name)  # type: ignore[arg-type]


def fault_may_come_late(fault: Exception) -> bool:
    """Whether what was asked for may have happened all the same."""
    return isinstance(fault, ReadTimeoutError) or "InternalError" in str(fault)


class PerilousClient:
    """A client of boto3 whose calls meet perils.

    Parameters
    ----------
    client
        The real one.
    perils : Perils
        What happens.
    """

    def __init__(self, client: Any, perils: Perils) -> None:
        self._client = client
        self._perils = perils

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._client, name)

        def perilous(**arguments: Any) -> Any:
            arguments.pop("DelaySeconds", None)  # the time of these queues is counted in batches
            answer = self._perils.around(call, **arguments)
            if name == "get_object":
                answer["Body"] = _Body(answer["Body"], self._perils)
            return answer

        return perilous


class _Body:
    def __init__(self, body: Any, perils: Perils) -> None:
        self._body = body
        self._perils = perils

    def read(self, size: int = -1) -> bytes:
        self._perils.end_perhaps()
        if self._perils.breaks():
            raise ReadTimeoutError(endpoint_url="https://s3")
        return bytes(self._body.read() if size < 0 else self._body.read(size))

    def close(self) -> None:
        self._body.close()
