"""Who is who over the frames: one track per face."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import hypot

from maskclient.camera.asking import Asking
from maskclient.camera.consensus import Consensus
from maskclient.camera.following import Grey, Outline, follow, overlap

HOLD = 1.5
"""Seconds for which a face is followed though the detector does not find it."""
BLIND_HOLD = 0.5
"""Seconds for which a face is kept where it was when it cannot even be followed."""
_LEAST_OVERLAP = 0.25
_NEAR = 0.6
"""Distance between the middles, in widths of the face, within which a find is still the same face."""
_SAME = 0.5
"""Overlap from which two tracks are one face."""
_SMOOTHING = 0.6
"""Weight of what the detector says against where the face was followed to."""


@dataclass(eq=False)
class Track:
    """One face over time.

    Attributes
    ----------
    number : int
        Never used again in this run.
    outline : Outline
        Where it is in the newest frame.
    found, followed : float
        When the detector last found it, and when it was last found or followed.
    consensus : Consensus
        What is known of it.
    asking : Asking
        When to ask about it.
    waiting : bool
        Whether a question is on its way.
    """

    number: int
    outline: Outline
    found: float
    followed: float
    consensus: Consensus
    asking: Asking = field(default_factory=Asking)
    waiting: bool = False


class Tracker:
    """Keeps the tracks of one camera.

    Small and our own: what the trackers in the package registries add (motion models, embeddings)
    serves crowds and cars, and brings SciPy or more along; at a door a handful of faces move little
    between frames, and optical flow says where to.

    Parameters
    ----------
    make : callable
        From number, outline and time to a new track.
    """

    def __init__(self, make: Callable[[int, Outline, float], Track]) -> None:
        self._make = make
        self._count = 0
        self._doubles: list[Track] = []
        self.tracks: list[Track] = []

    @property
    def count(self) -> int:
        """How many there have been."""
        return self._count

    def follow(self, before: Grey, after: Grey, scale: float, now: float) -> None:
        """Move the tracks along with their faces; see `maskclient.camera.following.follow`."""
        moved = follow(before, after, [track.outline for track in self.tracks], scale)
        for track, outline in zip(self.tracks, moved, strict=True):
            if outline is not None:
                track.outline, track.followed = outline, now

    def update(self, finds: Sequence[Outline], now: float) -> None:
        """Take in what a full search found.

        Parameters
        ----------
        finds : sequence of Outline
            Where each face is in the newest frame.
        now : float
            Seconds of a monotonic clock.
        """
        pairs = sorted(
            (
                (_closeness(track.outline, outline), track.number, number)
                for track in self.tracks
                for number, outline in enumerate(finds)
            ),
            reverse=True,
        )
        by_number = {track.number: track for track in self.tracks}
        free = set(range(len(finds)))
        for closeness, track_number, number in pairs:
            if closeness > 0 and track_number in by_number and number in free:
                free.discard(number)
                self.found(by_number.pop(track_number), finds[number], now)
        for number in sorted(free):
            self._count += 1
            self.tracks.append(self._make(self._count, finds[number], now))
        self._drop_doubles()

    def found(self, track: Track, outline: Outline, now: float) -> None:
        """Take note that a track's face was found, and where."""
        weights = (_SMOOTHING, 1 - _SMOOTHING) if overlap(track.outline, outline) > _SAME else (1.0, 0.0)
        track.outline = Outline(
            *(weights[0] * new + weights[1] * old for new, old in zip(outline, track.outline, strict=True))
        )
        track.found = track.followed = now

    def expire(self, now: float, hold: float = HOLD) -> list[Track]:
        """Drop and return the tracks of which nothing is known any more.

        Parameters
        ----------
        now : float
            Seconds of a monotonic clock.
        hold : float
            For how long a face is followed though the detector does not find it.
        """
        gone = [
            track for track in self.tracks if now - track.found > hold or now - track.followed > BLIND_HOLD
        ]
        self.tracks = [track for track in self.tracks if track not in gone]
        gone, self._doubles = gone + self._doubles, []
        return gone

    def clear(self) -> list[Track]:
        """Drop and return all tracks."""
        gone = self.tracks + self._doubles
        self.tracks, self._doubles = [], []
        return gone

    def _drop_doubles(self) -> None:
        kept: list[Track] = []
        for track in self.tracks:  # the older first
            if not any(overlap(track.outline, other.outline) > _SAME for other in kept):
                kept.append(track)
        self._doubles += [track for track in self.tracks if track not in kept]
        self.tracks = kept


def _closeness(one: Outline, other: Outline) -> float:
    """Return how likely two boxes are the same face; 0 if they are not."""
    shared = overlap(one, other)
    if shared >= _LEAST_OVERLAP:
        return shared + 1
    width = (one.width + other.width) / 2
    distance = hypot(one.middle[0] - other.middle[0], one.middle[1] - other.middle[1])
    alike = 0.6 < one.width / other.width < 1.7
    return max(0.0, 1 - distance / (_NEAR * width)) if alike else 0.0
