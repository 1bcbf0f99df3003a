"""What a session amounts to: people, verdicts, what was sent, and what that costs."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from maskclient.camera.courier import Traffic

# List prices in us-east-1, and the function's measured durations: the README's table of costs.
REQUEST_DOLLARS = 3.735e-6
"""API Gateway, Lambda's fee for a request, and the time that a request takes whatever is in it."""
CROP_DOLLARS = 0.055e-6
"""Lambda's time for one crop."""


@dataclass(frozen=True)
class Summary:
    """Sums over all cameras of a session.

    Attributes
    ----------
    seconds : float
        How long it went on.
    people : int
        Faces that came and went; somebody who comes twice counts twice.
    verdicts : Counter of str
        Faces by the last verdict that was shown of them.
    traffic : Traffic
        What was sent.
    """

    seconds: float
    people: int
    verdicts: Counter[str]
    traffic: Traffic

    @property
    def dollars(self) -> float:
        """What the requests cost on AWS at list prices; nothing if the function runs here."""
        return self.traffic.calls * REQUEST_DOLLARS + self.traffic.crops * CROP_DOLLARS

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        traffic = self.traffic
        return {
            "seconds": round(self.seconds, 1),
            "people": self.people,
            "verdicts": dict(sorted(self.verdicts.items())),
            "calls": traffic.calls,
            "failed_calls": traffic.failures,
            "crops": traffic.crops,
            "dropped_crops": traffic.dropped,
            "bytes": traffic.bytes,
            "round_trip_ms": None if traffic.round_trip_ms is None else round(traffic.round_trip_ms, 1),
            "model": traffic.model,
            "dollars_on_aws": round(self.dollars, 6),
        }

    def __str__(self) -> str:
        total = sum(self.verdicts.values())
        shares = [
            f"{verdict} {number} ({number / total:.0%})" for verdict, number in self.verdicts.most_common()
        ]
        people = "1 person" if self.people == 1 else f"{self.people} people"
        lines = [f"{self.seconds:.0f} s, {people} seen" + (f": {', '.join(shares)}" if shares else "")]
        traffic = self.traffic
        lines.append(
            f"{traffic.calls} calls ({traffic.failures} failed), {traffic.crops} crops, "
            f"{traffic.bytes / 1000:.0f} kB sent; on AWS at list prices ${self.dollars:.4f}"
        )
        return "\n".join(lines)
