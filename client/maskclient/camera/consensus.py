"""From many answers about one face to one steady verdict."""

from collections import deque
from dataclasses import dataclass
from statistics import fmean

from maskclient.wire import Judgement

LEAST_ANSWERS = 3
"""Answers without which nothing is said."""
AGREEMENT = 0.6
"""Share of the answers that must have the verdict."""
LEAST_CONFIDENCE = 0.8
"""Mean confidence that those must have."""
LET_GO = 0.4
"""Share under which a verdict that is shown is given up though no other has won."""
MEMORY = 5
"""Answers that are remembered."""

UNCERTAIN = "uncertain"
_LABELS_BEHIND = {"compliant": ("with_mask",), "violation": ("incorrect_mask", "without_mask")}


@dataclass(frozen=True)
class Shown:
    """What is shown of a face.

    Attributes
    ----------
    verdict : str
        As in `Judgement`; ``uncertain`` until enough answers agree.
    label : str or None
        The label behind the verdict; None while there is none.
    confidence : float
        Mean probability that the answers behind the verdict give it, 0 to 1; 0 while there are none.
    reasons : tuple of str
        Why it is ``uncertain`` or ``rejected``, if the API said so.
    """

    verdict: str = UNCERTAIN
    label: str | None = None
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()


class Consensus:
    """The answers about one face, and what is shown of it.

    A verdict is shown once at least three of the last five answers are known, 60 % of them have
    it, and their mean confidence is 0.8. It is then held (hysteresis): another takes its place
    only when it has as many answers, the newest among them; and it is given up for ``uncertain``
    only when fewer than 40 % of the answers still have it and no other verdict is about to take
    its place, or none has it any more, or the newest is too old.

    Parameters
    ----------
    max_age : float
        Seconds after which an answer says nothing any more.
    """

    def __init__(self, max_age: float) -> None:
        self._max_age = max_age
        self._answers: deque[tuple[float, Judgement]] = deque(maxlen=MEMORY)
        self._shown = Shown()

    @property
    def shown(self) -> Shown:
        """What is shown."""
        return self._shown

    @property
    def settled(self) -> bool:
        """Whether the newest answers all say what is shown, so that there is no hurry to ask."""
        newest = [judgement.verdict for _, judgement in self._answers][-LEAST_ANSWERS:]
        return len(newest) == LEAST_ANSWERS and set(newest) == {self._shown.verdict}

    def add(self, judgement: Judgement, now: float) -> None:
        """Take in an answer.

        Parameters
        ----------
        judgement : Judgement
            The answer.
        now : float
            When the crop was taken, in seconds of the clock that `age` is told of.
        """
        self._answers.append((now, judgement))
        self._decide()

    def age(self, now: float) -> None:
        """Forget everything once the newest answer is too old."""
        if self._answers and now - self._answers[-1][0] > self._max_age:
            self._answers.clear()
            self._shown = Shown()

    def _decide(self) -> None:
        judgements = [judgement for _, judgement in self._answers]
        held = self._shown.verdict
        for verdict in dict.fromkeys(judgement.verdict for judgement in reversed(judgements)):
            wins = _carries(verdict, judgements) and verdict != UNCERTAIN
            if wins and held not in (UNCERTAIN, verdict):
                wins = judgements[-1].verdict == verdict
            if wins:
                self._shown = _shown(verdict, judgements)
                return
        rising = {judgement.verdict for judgement in judgements} - {held, UNCERTAIN}
        support = max(_share(verdict, judgements) for verdict in {held, *rising})
        if held == UNCERTAIN or support < LET_GO or _share(held, judgements) == 0:
            self._shown = Shown(reasons=judgements[-1].reasons)


def _share(verdict: str, judgements: list[Judgement]) -> float:
    return sum(judgement.verdict == verdict for judgement in judgements) / len(judgements)


def _carries(verdict: str, judgements: list[Judgement]) -> bool:
    if len(judgements) < LEAST_ANSWERS or _share(verdict, judgements) < AGREEMENT:
        return False
    # "rejected" speaks of the picture; the label's probability has no part in it.
    return verdict == "rejected" or _shown(verdict, judgements).confidence >= LEAST_CONFIDENCE


def _shown(verdict: str, judgements: list[Judgement]) -> Shown:
    behind = [judgement for judgement in judgements if judgement.verdict == verdict]
    return Shown(verdict, behind[-1].label, fmean(map(_sure, behind)), behind[-1].reasons)


def _sure(judgement: Judgement) -> float:
    """Return how probable a verdict is, which both labels of a violation add to."""
    labels = _LABELS_BEHIND.get(judgement.verdict)
    if labels is None:
        return judgement.confidence
    return sum(judgement.probabilities.get(label, 0.0) for label in labels)
