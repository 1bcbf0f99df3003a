"""From a folder of photographs to labelled face crops in a data folder."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from PIL import Image

from maskservice.modelcard import Label
from masktrain.dataset.crops import LabelledFace, SourceWriter, check_source, has_source
from masktrain.dataset.detectors import FaceDetector
from masktrain.dataset.labelling.decisions import FOLDER, Decisions
from masktrain.dataset.labelling.editor import EditedFace
from masktrain.dataset.labelling.session import LabellingSession, Propose
from masktrain.dataset.photographs import check_apart, list_pictures, load_picture
from masktrain.dataset.progress import follow
from masktrain.errors import DatasetError
from masktrain.geometry import Box

LabelFace = Callable[[Image.Image, Box], Label | None]
"""Says what a face wears, or nothing; given the photograph and the face's box."""


@dataclass
class FacesSummary:
    """What became of the photographs.

    Attributes
    ----------
    labels : Counter of str
        Face crops written, per label.
    decided, photographs : int
        How many photographs of the folder are decided, and how many there are.
    problems : list of str
        Photographs that cannot be read and why, one line each.
    """

    labels: Counter[Label] = field(default_factory=Counter)
    decided: int = 0
    photographs: int = 0
    problems: list[str] = field(default_factory=list)


def proposer(detector: FaceDetector, label: LabelFace) -> Propose:
    """Return what finds the faces of a photograph and gives each its first label."""

    def propose(photograph: Image.Image) -> tuple[EditedFace, ...]:
        boxes = detector.detect(photograph)
        return tuple(EditedFace(box, label(photograph, box), detector.name) for box in boxes)

    return propose


class PhotographFolder:
    """A folder of photographs whose faces become one source of a data folder.

    Parameters
    ----------
    photographs : Path
        Holds the photographs, also in folders below it.
    data : Path
        The data folder; made where there is none.
    source : str
        The collection's name in the data set.

    Raises
    ------
    DatasetError
        If there is no photograph, or the source's name belongs to another collection.
    """

    def __init__(self, photographs: Path, data: Path, source: str) -> None:
        check_source(source)
        self._photographs, self._data, self._source = photographs, data, source
        self._names = [path.relative_to(photographs).as_posix() for path in list_pictures(photographs)]
        if not self._names:
            raise DatasetError(f"There is no JPEG, PNG or WebP picture in {photographs}.")
        check_apart(photographs, data)
        file = data / FOLDER / f"{source}.json"
        if not file.exists() and has_source(data, source):
            raise DatasetError(
                f"{data} holds a source {source!r} that was imported. Give another name with --source."
            )
        self._decisions = Decisions(file)
        gone = sorted(set(self._decisions.names) - set(self._names))
        if gone:
            raise DatasetError(
                f"{file} tells of {len(gone)} photographs that are not in {photographs}, {gone[0]} for one. "
                "Put them back, or give these photographs another name with --source."
            )

    def session(self, propose: Propose, *, again: bool) -> LabellingSession | None:
        """Return what a person goes through; None where all is decided.

        Parameters
        ----------
        propose : callable
            Finds faces in photographs of which nothing is known.
        again : bool
            Whether photographs that are decided are shown, too.
        """
        shown = [name for name in self._names if again or not self._decisions.is_decided(name)]
        return LabellingSession(self._photographs, shown, self._decisions, propose) if shown else None

    def decide_all(self, propose: Propose) -> list[str]:
        """Take every face that is found in photographs not yet decided, without asking anybody.

        Returns
        -------
        list of str
            Photographs that cannot be read and why, one line each.
        """
        problems = []
        names = [name for name in self._names if not self._decisions.is_decided(name)]
        for name in follow(names, "Finding faces"):
            try:
                faces = propose(load_picture(self._photographs / name))
            except DatasetError as error:
                problems.append(f"{name}: {error}")
                continue
            self._decisions.put(name, faces, decided=True)
        return problems

    def write(self) -> FacesSummary:
        """Cut the faces of all decided photographs and put them into the data folder.

        What the same source wrote before is replaced. Where no decided photograph has a face,
        the data folder is left as it was.
        """
        summary = FacesSummary(photographs=len(self._names))
        decided = [name for name in self._names if self._decisions.is_decided(name)]
        with SourceWriter(self._data, self._source, replace=True) as writer:
            for name in follow(decided, "Cutting faces"):
                try:
                    photograph = load_picture(self._photographs / name)
                except DatasetError as error:
                    summary.problems.append(f"{name}: {error}")
                    continue
                faces = [
                    LabelledFace(face.label, face.box, face.origin)
                    for face in self._decisions.faces(name)
                    if face.label is not None
                ]
                writer.add(photograph, PurePosixPath(name), faces)
                summary.labels.update(face.label for face in faces)
                summary.decided += 1
            if summary.labels:
                writer.commit()
        return summary
