"""One camera's way from frame to verdict: follow, search, ask, conclude."""

from collections import Counter, deque
from collections.abc import Callable, Sequence

from maskclient.camera.asking import INTERVAL, Asking, look_of
from maskclient.camera.consensus import Consensus, Shown
from maskclient.camera.courier import Question
from maskclient.camera.following import Grey, Outline, follow, grey_copy
from maskclient.camera.frames import Frame
from maskclient.camera.searching import Searcher
from maskclient.camera.tracks import HOLD, Track, Tracker
from maskclient.camera.views import TrackView
from maskclient.crop import CAMERA, cut_crop
from maskclient.detector import Box
from maskclient.wire import Judgement, ModelInfo

FRESH = 2.5
"""Intervals after which a verdict that nobody confirmed is not shown any more."""
GAP_SECONDS = 3.0
"""After so long without a frame nobody is taken for who was there before."""
_LEAST_SIDE = 8
"""Pixels of a face below which nothing is asked; no model can say anything of it."""
_SEARCHES = 4.0
"""Durations of a search for which a face is held: one in two passes idly, and one may miss it."""

Ask = Callable[[Question], None]


class CameraPipeline:
    """Turns the frames of one camera into tracks with steady verdicts.

    `step` is called by one thread; answers may come from another. It never waits for the network.

    Parameters
    ----------
    camera : str
        Its name, which is part of the key of each question.
    searcher : Searcher
        Finds the faces.
    ask : callable
        Sends a question on its way and returns at once.
    model : ModelInfo
        Tells how crops are cut.
    interval : float
        Seconds between questions about a settled face.
    """

    def __init__(
        self, camera: str, searcher: Searcher, ask: Ask, model: ModelInfo, interval: float = INTERVAL
    ) -> None:
        self._camera = camera
        self._searcher = searcher
        self._ask = ask
        self._model = model
        self._interval = interval
        self._tracker = Tracker(self._new_track)
        self._answers: deque[tuple[Question, Judgement | None]] = deque()  # at most one per track in flight
        self._grey: Grey | None = None
        self._shape: tuple[int, ...] = ()
        self._at = 0.0
        self._known: dict[int, Shown] = {}
        self._no_faces = 0
        self.search_ms: float | None = None
        self.verdicts: Counter[str] = Counter()

    @property
    def people(self) -> int:
        """How many faces there have been; what turned out to be none does not count."""
        present = sum(_is_no_face(shown) for shown in self._known.values())
        return self._tracker.count - self._no_faces - present

    def step(self, frame: Frame) -> tuple[TrackView, ...]:
        """Take in a frame and return its faces."""
        now = frame.time
        if self._shape != frame.rgb.shape or now - self._at > GAP_SECONDS:
            self._start_anew()
        self._shape, self._at = frame.rgb.shape, now
        grey = grey_copy(frame.rgb)
        scale = frame.rgb.shape[1] / grey.shape[1]
        if self._grey is not None:
            self._tracker.follow(self._grey, grey, scale, now)
        self._grey = grey
        self._take_finds(grey, scale, now)
        self._searcher.offer(frame.rgb, grey, self._known_boxes(frame))
        self._take_finds(grey, scale, now)  # a searcher that does it at once has them now
        self._take_answers()
        for track in self._tracker.expire(now, max(HOLD, _SEARCHES * (self.search_ms or 0) / 1000)):
            self._say_farewell(track)
        return tuple(self._seen(frame, self._tracker.tracks))

    def finish(self) -> None:
        """Count the faces that are still there as gone."""
        for track in self._tracker.clear():
            self._say_farewell(track)

    def _start_anew(self) -> None:
        """Forget who was there: after a gap, or in frames of another size, it may be anybody."""
        self.finish()
        self._searcher.forget()
        self._grey = None

    def _new_track(self, number: int, outline: Outline, now: float) -> Track:
        consensus = Consensus(FRESH * max(self._interval, INTERVAL))
        return Track(number, outline, now, now, consensus, Asking(self._interval))

    def _known_boxes(self, frame: Frame) -> list[Box]:
        height, width = frame.rgb.shape[:2]
        boxes = [track.outline.within(width, height) for track in self._tracker.tracks]
        return [box for box in boxes if box is not None]

    def _take_finds(self, grey: Grey, scale: float, now: float) -> None:
        found = self._searcher.result()
        if found is None:
            return
        self.search_ms = 1000 * found.seconds
        outlines = [Outline(*map(float, face.box)) for face in found.faces]
        if found.grey is not grey:  # time has passed: see where they are now
            moved = follow(found.grey, grey, outlines, scale)
            outlines = [outline for outline in moved if outline is not None]
        self._tracker.update(outlines, now)

    def _take_answers(self) -> None:
        tracks = {track.number: track for track in self._tracker.tracks}
        while self._answers:
            question, judgement = self._answers.popleft()
            track = tracks.get(question.key[1])
            if track is None:
                continue
            track.waiting = False
            if judgement is None:
                track.asking.unanswered()
            else:
                track.consensus.add(judgement, question.taken)

    def _seen(self, frame: Frame, tracks: Sequence[Track]) -> list[TrackView]:
        height, width = frame.rgb.shape[:2]
        views = []
        for track in tracks:
            box = track.outline.within(width, height)
            if box is None:
                continue
            track.consensus.age(frame.time)
            if min(box.x2 - box.x1, box.y2 - box.y1) >= _LEAST_SIDE:
                self._ask_about(track, frame, box)
            shown = track.consensus.shown
            if shown.verdict != "uncertain":
                self._known[track.number] = shown
            views.append(TrackView(track.number, box, shown))
        return views

    def _ask_about(self, track: Track, frame: Frame, box: Box) -> None:
        if track.waiting:
            return
        look = look_of(frame.rgb, box)
        if not track.asking.due(frame.time, settled=track.consensus.settled, look=look):
            return
        margin, size = self._model.crop_margin, self._model.input_size
        jpeg = cut_crop(frame.rgb, box, margin, size, CAMERA)
        track.asking.asked(frame.time, look)
        track.waiting = True
        self._ask(Question((self._camera, track.number), jpeg, frame.time, self._reply))

    def _reply(self, question: Question, judgement: Judgement | None) -> None:
        self._answers.append((question, judgement))

    def _say_farewell(self, track: Track) -> None:
        shown = self._known.pop(track.number, track.consensus.shown)
        if _is_no_face(shown):
            self._no_faces += 1
        else:
            self.verdicts[shown.verdict] += 1


def _is_no_face(shown: Shown) -> bool:
    return shown.label == "not_face"
