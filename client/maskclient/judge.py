"""From picture files to a verdict per face: detect, crop, ask the API, keep the order."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from maskclient.api import MaskCheckClient
from maskclient.batching import MAX_CROPS, Crop
from maskclient.crop import cut_crop
from maskclient.detector import Detector, Face
from maskclient.errors import MaskClientError, PictureUnreadable
from maskclient.pictures import PictureFile, read_picture
from maskclient.wire import CropError, CropResult, Judgement, ModelInfo


@dataclass(frozen=True)
class JudgedFace:
    """A face that was found, and what the API said about it.

    Attributes
    ----------
    face : Face
        Where it is.
    result : CropResult or None
        The answer; None if the request failed.
    """

    face: Face
    result: CropResult | None

    @property
    def judgement(self) -> Judgement | None:
        """The judgement, if there is one."""
        outcome = self.result.outcome if self.result else None
        return outcome if isinstance(outcome, Judgement) else None

    @property
    def error(self) -> CropError | None:
        """Why the API could not judge the crop, if so."""
        outcome = self.result.outcome if self.result else None
        return outcome if isinstance(outcome, CropError) else None


@dataclass(frozen=True)
class PictureReport:
    """What is known about one picture.

    Attributes
    ----------
    path : Path
        As found.
    size : tuple of int or None
        Width and height of the upright picture in pixels; None if it could not be read.
    turned : bool
        Whether the EXIF orientation was applied.
    faces : tuple of JudgedFace
        From left to right.
    error : str or None
        Why the picture was not, or not wholly, judged.
    """

    path: Path
    size: tuple[int, int] | None = None
    turned: bool = False
    faces: tuple[JudgedFace, ...] = ()
    error: str | None = None

    @property
    def failed(self) -> bool:
        """Whether anything in this picture that should have been judged was not."""
        return self.error is not None or any(face.judgement is None for face in self.faces)


@dataclass
class _Pending:
    """A picture whose faces are still being asked about."""

    report: PictureReport
    faces: list[Face] = field(default_factory=list)
    results: list[CropResult | None] = field(default_factory=list)
    error: str | None = None

    @property
    def complete(self) -> bool:
        return len(self.results) == len(self.faces)

    def finished(self) -> PictureReport:
        judged = zip(self.faces, self.results, strict=True)
        return PictureReport(
            self.report.path,
            self.report.size,
            self.report.turned,
            tuple(JudgedFace(face, result) for face, result in judged),
            self.report.error or self.error,
        )


class Judge:
    """Judges pictures; crops of several pictures share a request.

    Parameters
    ----------
    client : MaskCheckClient
        Asked for the model first, so that a wrong address or key is met at once.
    detector : Detector
        Finds the faces.

    Raises
    ------
    ApiError
        If the API does not tell its model.
    """

    def __init__(self, client: MaskCheckClient, detector: Detector) -> None:
        self._client = client
        self._detector = detector
        self._model: ModelInfo = client.model()
        self._pending: deque[_Pending] = deque()
        self._queue: list[tuple[_Pending, Crop]] = []

    def judge(self, pictures: Iterable[PictureFile]) -> Iterator[PictureReport]:
        """Judge pictures.

        Nothing that is wrong with one picture stops the others, and a request that fails costs
        only the pictures whose crops it carried.

        Parameters
        ----------
        pictures : iterable of PictureFile
            Those with an error are passed on as they are.

        Yields
        ------
        PictureReport
            In the order of ``pictures``, each as soon as all its faces are answered.
        """
        for picture in pictures:
            self._take(picture)
            while len(self._queue) >= MAX_CROPS:
                self._send()
            yield from self._completed()
        while self._queue:
            self._send()
        yield from self._completed()

    def _take(self, picture: PictureFile) -> None:
        pending = _Pending(PictureReport(picture.path, error=picture.error))
        self._pending.append(pending)
        if picture.error is not None:
            return
        try:
            decoded = read_picture(picture.path)
        except PictureUnreadable as error:
            pending.error = str(error)
            return
        height, width = decoded.rgb.shape[:2]
        pending.report = PictureReport(picture.path, (width, height), decoded.turned)
        pending.faces = self._detector.detect(decoded.rgb)
        for number, face in enumerate(pending.faces):
            jpeg = cut_crop(decoded.rgb, face.box, self._model.crop_margin, self._model.input_size)
            self._queue.append(
                (pending, Crop(jpeg, f"face-{number}.jpg"))
            )  # no name of a file leaves this PC

    def _send(self) -> None:
        batch, self._queue = self._queue[:MAX_CROPS], self._queue[MAX_CROPS:]
        try:
            results: Iterable[CropResult | None] = self._client.classify([crop for _, crop in batch]).results
        except MaskClientError as error:
            results = [None] * len(batch)
            for pending, _ in batch:
                pending.error = str(error)
        for (pending, _), result in zip(batch, results, strict=True):
            pending.results.append(result.at(len(pending.results)) if result else None)

    def _completed(self) -> Iterator[PictureReport]:
        while self._pending and self._pending[0].complete:
            yield self._pending.popleft().finished()
