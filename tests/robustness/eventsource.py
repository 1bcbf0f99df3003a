"""Lambda's reading of a queue: batches in any order; what fails comes again, and so does some of the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.batches import Cloud, Context, sqs_record
from tests.robustness.perils import Killed

BATCH = 10
VISIBILITY = 3
"""How many batches pass until a message that was not deleted is seen again."""


@dataclass
class _Message:
    name: str
    body: str
    receives: int = 0
    visible_from: int = 0


class EventSource:
    """Feeds a function until nothing is left.

    Parameters
    ----------
    cloud : Cloud
        Whose queue is read.
    chance : Random
        Decides.
    bodies : list of str
        The messages that are there at first; the function may send more.
    repeats : float
        Share of the messages worked at that come once more all the same.
    most_receives : int
        After which a message goes to the dead-letter queue as it is.

    Attributes
    ----------
    deaths : int
        How often the function ended in the middle.
    delivered : int
        How many messages were given to it.
    redriven : list of str
        Bodies of the messages that went to the dead-letter queue as they are.
    """

    def __init__(
        self,
        cloud: Cloud,
        chance: Random,
        bodies: list[str],
        repeats: float = 0.2,
        most_receives: int = 10,
    ) -> None:
        self._cloud = cloud
        self._chance = chance
        self._repeats = repeats
        self._most_receives = most_receives
        self._waiting = [_Message(f"message-{number}", body) for number, body in enumerate(bodies)]
        self._names = len(bodies)
        self._round = 0
        self.deaths = 0
        self.delivered = 0
        self.redriven: list[str] = []

    def run(self, function: Callable[[Any, Any], Any], context: Callable[[], Context] = Context) -> None:
        """Feed a function; a new start follows each of its deaths."""
        while self._waiting:
            self._round += 1
            batch = self._batch()
            if not batch:
                continue
            self.delivered += len(batch)
            event = {
                "Records": [sqs_record(message.name, message.body, message.receives) for message in batch]
            }
            try:
                answer = function(event, context())
            except Killed:
                self.deaths += 1
            else:
                failed = {entry["itemIdentifier"] for entry in answer["batchItemFailures"]}
                assert failed <= {message.name for message in batch}
                self._delete([message for message in batch if message.name not in failed])
            self._take()

    def _take(self) -> None:
        for message in self._cloud.messages(self._cloud.queue):
            self._names += 1
            self._waiting.append(_Message(f"message-{self._names}", message["Body"]))

    def _batch(self) -> list[_Message]:
        visible = [message for message in self._waiting if message.visible_from <= self._round]
        batch = self._chance.sample(visible, min(len(visible), self._chance.randint(1, BATCH)))
        for message in batch:
            message.receives += 1
            message.visible_from = self._round + VISIBILITY
            if message.receives > self._most_receives:
                self._waiting.remove(message)
                self.redriven.append(message.body)
        return [message for message in batch if message in self._waiting]

    def _delete(self, messages: list[_Message]) -> None:
        for message in messages:
            if self._chance.random() >= self._repeats:
                self._waiting.remove(message)
