"""From the bytes of a picture to a judgement of each face in it."""

from dataclasses import dataclass, field
from time import perf_counter

from maskservice.batch.facefinder import FaceFinder
from maskservice.batch.framing import Box
from maskservice.batch.photos import Photo, opened
from maskservice.classifier import Classifier
from maskservice.crops import PreparedCrop, prepare
from maskservice.decoding import DRAFT_FACTOR, decode_crop
from maskservice.verdict import Judgement

MAX_PIXELS = 50_000_000
"""Pixels above which a picture is refused from its header alone; telephones make up to 50 million.

As RGB that is 200 MB in Pillow, and as much again while it is turned upright.
"""

_MILLISECONDS = 1000.0


@dataclass(frozen=True)
class JudgedFace:
    """A face, and what is said about it.

    Attributes
    ----------
    box : Box
        In the upright picture's pixels.
    score : float or None
        Of the detector; None where the picture is a crop.
    judgement : Judgement
        Label, confidence, verdict, reasons, probabilities.
    size : tuple of int
        Width and height of what was judged (the box and its margin), in pixels.
    """

    box: Box
    score: float | None
    judgement: Judgement
    size: tuple[int, int]


@dataclass(frozen=True)
class JudgedPicture:
    """A picture, and what is said about its faces.

    Attributes
    ----------
    size : tuple of int
        Width and height, upright, in pixels.
    faces : list of JudgedFace
        From left to right.
    timing_ms : dict of str to float
        Milliseconds spent on ``decode``, ``find`` and ``classify``.
    """

    size: tuple[int, int]
    faces: list[JudgedFace]
    timing_ms: dict[str, float] = field(default_factory=dict)


class Judge:
    """Judges pictures, one at a time.

    Parameters
    ----------
    classifier : Classifier
        Says how a mask is worn.
    finder : FaceFinder
        Finds the faces of photos.
    max_pixels : int
        Most pixels (width times height) of one picture.
    """

    def __init__(self, classifier: Classifier, finder: FaceFinder, max_pixels: int = MAX_PIXELS) -> None:
        self.classifier = classifier
        self.finder = finder
        self._max_pixels = max_pixels

    def crop(self, data: bytes) -> JudgedPicture:
        """Judge a picture that is a face crop, exactly as the API judges it.

        Parameters
        ----------
        data : bytes
            A JPEG, PNG or WebP file.

        Raises
        ------
        PictureError
            If it cannot be used.
        """
        watch = _Watch()
        decoded = decode_crop(opened(data, self._max_pixels), self.classifier.card.input_size)
        prepared = prepare(decoded.image, decoded.size, self.classifier.card)
        watch.note("decode")
        (judgement,) = self._judgements([prepared])
        watch.note("classify")
        face = JudgedFace(Box(0, 0, *decoded.size), None, judgement, decoded.size)
        return JudgedPicture(decoded.size, [face], watch.spent_ms)

    def photo(self, data: bytes) -> JudgedPicture:
        """Find the faces of a photo and judge each, all of them together.

        Parameters
        ----------
        data : bytes
            A JPEG, PNG or WebP file.

        Raises
        ------
        PictureError
            If it cannot be used.
        """
        watch = _Watch()
        photo = Photo(data, self.finder.card.longest_side, self._max_pixels)
        watch.note("decode")
        pixels = photo.to_search()
        found = self.finder.find(pixels)
        watch.note("find")
        searched = pixels.shape[1], pixels.shape[0]
        boxes = [face.box.scaled(searched, photo.size) for face in found]
        cuts = [box.with_margin(self.classifier.card.crop_margin, photo.size) for box in boxes]
        prepared = self._cut(photo, cuts)
        watch.note("decode")
        judgements = self._judgements(prepared)
        watch.note("classify")
        faces = [
            JudgedFace(box, face.score, judgement, cut.size)
            for box, face, judgement, cut in zip(boxes, found, judgements, cuts, strict=True)
        ]
        return JudgedPicture(photo.size, faces, watch.spent_ms)

    def _cut(self, photo: Photo, cuts: list[Box]) -> list[PreparedCrop]:
        """Cut faces out of as many pixels as the smallest of them needs to fill the model's input twice."""
        if not cuts:
            return []
        enough = DRAFT_FACTOR * max(self.classifier.card.input_size)
        image = photo.with_pixels_per(max(enough / min(cut.size) for cut in cuts))
        return [
            prepare(image.crop(cut.scaled(photo.size, image.size)), cut.size, self.classifier.card)
            for cut in cuts
        ]

    def _judgements(self, crops: list[PreparedCrop]) -> list[Judgement]:
        if not crops:
            return []
        rows = self.classifier.probabilities([crop.tensor for crop in crops])
        return [crop.judged(row, self.classifier.card) for crop, row in zip(crops, rows, strict=True)]


class _Watch:
    """Adds up the time between notes, by stage."""

    def __init__(self) -> None:
        self.spent_ms = {"decode": 0.0, "find": 0.0, "classify": 0.0}
        self._last = perf_counter()

    def note(self, stage: str) -> None:
        now = perf_counter()
        self.spent_ms[stage] += (now - self._last) * _MILLISECONDS
        self._last = now
