"""What is said about the service and the session beside the pictures."""

from dataclasses import dataclass

from maskclient.camera.courier import Traffic


@dataclass(frozen=True)
class Status:
    """The state of things at one moment.

    Attributes
    ----------
    problem : str or None
        Why the API does not answer; None while it does.
    model : str or None
        Version of the model that answers.
    round_trip_ms : float or None
        Of the last requests, in milliseconds.
    crops, bytes : int
        What was sent so far.
    """

    problem: str | None = None
    model: str | None = None
    round_trip_ms: float | None = None
    crops: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, traffic: Traffic, problem: str | None, model: str | None) -> "Status":
        """Sum up a courier's traffic."""
        return cls(problem, traffic.model or model, traffic.round_trip_ms, traffic.crops, traffic.bytes)

    def words(self) -> str:
        """Say it in one line."""
        parts = [f"model {self.model}"] if self.model else []
        if self.round_trip_ms is not None:
            parts.append(f"answers in {self.round_trip_ms:.0f} ms")
        parts.append(f"{self.crops} crops, {self.bytes / 1000:.0f} kB sent")
        return " · ".join(parts)
