"""Counts what was done."""

from collections import Counter
from dataclasses import dataclass, field

from maskservice.batch.recording import Settled


@dataclass
class Tally:
    """What became of some inputs.

    Attributes
    ----------
    pictures : int
        Those with a result.
    faces : int
        In them.
    skipped : int
        Members of archives that are no pictures by their names.
    again : int
        Inputs that had their result or failure before.
    verdicts, failures : Counter of str
        How often each verdict was given, and each type of failure met.
    """

    pictures: int = 0
    faces: int = 0
    skipped: int = 0
    again: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Inputs with a failure."""
        return self.failures.total()

    def count(self, settled: Settled) -> None:
        """Count a picture, or an archive whose members are not counted one by one.

        Parameters
        ----------
        settled : Settled
            What became of it.
        """
        document = settled.document
        self.again += settled.again
        if settled.failed:
            self.failures[document["error"]["type"]] += 1
        elif document["kind"] == "picture":
            self.pictures += 1
            self.faces += len(document["faces"])
            self.verdicts.update(face["result"]["verdict"] for face in document["faces"])
        elif settled.again:
            self.pictures += document["judged"]
            self.skipped += document["skipped"]

    def add(self, other: "Tally") -> None:
        """Add what another counted.

        Parameters
        ----------
        other : Tally
            Is not changed.
        """
        self.pictures += other.pictures
        self.faces += other.faces
        self.skipped += other.skipped
        self.again += other.again
        self.verdicts.update(other.verdicts)
        self.failures.update(other.failures)
