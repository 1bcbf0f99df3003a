"""The messages of one batch of the queue, and the order in which they are worked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import unquote

from maskservice.batch.messages import BadMessage, Delivery, deliveries

_MILLISECONDS = 1000.0


@dataclass(frozen=True)
class Received:
    """A message of the queue.

    Attributes
    ----------
    id : str
        What the queue calls it.
    body : str
        As it came.
    receives : int
        How often it has come, in messages that were handed on too.
    inputs : list of Delivery
        What it asks for.
    key : str
        What it says of itself, where it is a failure that was sent back.
    fault : BadMessage or None
        Why nothing can be read in it.
    """

    id: str
    body: str
    receives: int
    inputs: list[Delivery]
    key: str = ""
    fault: BadMessage | None = None

    @property
    def is_archive(self) -> bool:
        """Whether it may take all the time there is."""
        return any(delivery.is_archive for delivery in self.inputs)

    @property
    def is_first(self) -> bool:
        """Whether it is for an archive that was handed on so that it has the time of a whole call.

        One that has come before may end the process, and is no better than others of that kind.
        """
        return self.receives <= 1 and any(
            delivery.handed_on for delivery in self.inputs if delivery.is_archive
        )

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Received":
        """Read a record of Lambda's event.

        Parameters
        ----------
        record : dict
            Of SQS.
        """
        told = record["attributes"]
        receives = int(told["ApproximateReceiveCount"])
        day = day_of(int(told["SentTimestamp"]) / _MILLISECONDS)
        name, body = str(record["messageId"]), str(record["body"])
        key = unquote(record.get("messageAttributes", {}).get("key", {}).get("stringValue", ""))
        try:
            inputs = deliveries(body, receives, day)
        except BadMessage as fault:
            return cls(name, body, receives, [], key, fault)
        return cls(name, body, max([receives, *(delivery.receives for delivery in inputs)]), inputs)


def in_order(messages: list[Received], chance: Random) -> list[Received]:
    """Return messages as they are worked at: what was promised a whole call, pictures, other archives.

    What is new goes before what came before and may have ended the process. Among the equal chance
    decides, so that no message is always behind the one that ends it.

    Parameters
    ----------
    messages : list of Received
        Of one batch.
    chance : Random
        Decides.
    """
    mixed = chance.sample(messages, len(messages))
    return sorted(mixed, key=lambda message: (not message.is_first, message.is_archive, message.receives))


def day_of(seconds: float) -> str:
    """Return the day (UTC) of a moment, ``YYYY-MM-DD``.

    Parameters
    ----------
    seconds : float
        Since 1970.
    """
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
