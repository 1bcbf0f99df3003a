"""Goes through the photographs of a folder; knows nothing of windows."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from masktrain.dataset.labelling.decisions import Decisions
from masktrain.dataset.labelling.editor import BoxEditor, EditedFace
from masktrain.dataset.photographs import load_picture
from masktrain.errors import DatasetError

Propose = Callable[[Image.Image], tuple[EditedFace, ...]]
"""Finds the faces of a photograph (mode ``RGB``, upright) that a person is then shown."""


class LabellingSession:
    """The photographs that are to be shown, one of which is open.

    Parameters
    ----------
    folder : Path
        Holds the photographs.
    names : sequence of str
        The photographs to show, relative to ``folder``, with forward slashes; at least one.
    decisions : Decisions
        What was decided before, and where decisions are kept.
    propose : callable
        Finds faces in photographs of which nothing is known.

    Raises
    ------
    DatasetError
        If not one photograph can be read.
    """

    def __init__(self, folder: Path, names: Sequence[str], decisions: Decisions, propose: Propose) -> None:
        self._folder, self._decisions, self._propose = folder, decisions, propose
        self._names = list(names)
        self.problems: list[str] = []
        """Photographs that cannot be read and why, one line each."""
        self._place = 0
        self._open(0, step=1)

    picture: Image.Image
    """The open photograph, mode ``RGB``, upright."""
    editor: BoxEditor
    """Its boxes."""

    @property
    def name(self) -> str:
        """The open photograph, relative to the folder."""
        return self._names[self._place]

    @property
    def place(self) -> tuple[int, int]:
        """Number of the open photograph, from 1, and how many are shown."""
        return self._place + 1, len(self._names)

    @property
    def decided(self) -> int:
        """How many of the photographs shown are decided."""
        return sum(self._decisions.is_decided(name) for name in self._names)

    def confirm(self) -> bool:
        """Decide the open photograph and go on to the next one.

        Returns
        -------
        bool
            False where a box has no label: it is selected, and the photograph stays open.
        """
        self.editor.release()
        if self.editor.unlabelled:
            self.editor.select_next()
            return False
        self._decisions.put(self.name, self.editor.faces, decided=True)
        self._open(self._place + 1, step=1)
        return True

    def skip(self) -> None:
        """Go on to the next photograph without deciding this one."""
        self.keep()
        self._open(self._place + 1, step=1)

    def back(self) -> None:
        """Go back to the photograph before."""
        self.keep()
        self._open(self._place - 1, step=-1)

    def keep(self) -> None:
        """Write down the boxes as they are; what was decided stays so unless a label is missing now."""
        self.editor.release()
        decided = self._decisions.is_decided(self.name) and not self.editor.unlabelled
        self._decisions.put(self.name, self.editor.faces, decided=decided)

    def _open(self, place: int, step: int) -> None:
        """Open the photograph at a place or, where it cannot be read, the next one that way.

        At either end nothing changes.
        """
        while 0 <= place < len(self._names):
            try:
                picture = load_picture(self._folder / self._names[place])
            except DatasetError as error:
                self.problems.append(f"{self._names.pop(place)}: {error}")
                if place < self._place:
                    self._place -= 1
                if step < 0:
                    place -= 1
                continue
            name = self._names[place]
            known = name in self._decisions
            faces = self._decisions.faces(name) if known else self._propose(picture)
            self._place, self.picture, self.editor = place, picture, BoxEditor(picture.size, faces)
            return
        if not self._names:
            raise DatasetError(f"Not one photograph can be read. The first: {self.problems[0]}")
