"""The boxes of one photograph while a person corrects them; knows nothing of windows."""

from dataclasses import dataclass, replace
from typing import Literal

from maskservice.modelcard import Label
from masktrain.geometry import Box

BY_HAND = "by hand"

LEAST_SIDE = 8.0
"""Side in pixels of the smallest box that can be drawn; a press that moves less is a click."""

Side = Literal["left", "top", "right", "bottom"]
_PLACE: dict[Side, int] = {"left": 0, "top": 1, "right": 2, "bottom": 3}


@dataclass(frozen=True)
class EditedFace:
    """One box and what is known of it.

    Attributes
    ----------
    box : tuple of float
        x1, y1, x2, y2 in the upright photograph's pixels.
    label : str or None
        One of ``maskservice.modelcard.LABELS``; None while nobody has said.
    origin : str
        The detector that found it, or ``BY_HAND`` once a person has drawn or changed it.
    """

    box: Box
    label: Label | None = None
    origin: str = BY_HAND


@dataclass(frozen=True)
class _Drag:
    """A mouse button held down: what it holds, and how all was before.

    Attributes
    ----------
    start : tuple of float
        x, y where it was pressed.
    sides : frozenset of str
        The sides that follow the mouse; empty where the whole box does.
    box : tuple of float
        The held box as it was.
    before : tuple
        Faces and selection, to go back to.
    """

    start: tuple[float, float]
    sides: frozenset[Side]
    box: Box
    before: "tuple[tuple[EditedFace, ...], int | None]"


class BoxEditor:
    """Faces of one photograph, which of them is selected, and what can be undone.

    Parameters
    ----------
    size : tuple of int
        Width and height of the photograph in pixels; boxes stay inside it.
    faces : tuple of EditedFace
        What there is to begin with.
    """

    def __init__(self, size: tuple[int, int], faces: tuple[EditedFace, ...] = ()) -> None:
        self._size = size
        self._faces = faces
        self._history: list[tuple[tuple[EditedFace, ...], int | None]] = []
        self._drag: _Drag | None = None
        self.selected: int | None = None
        self.select_next()

    @property
    def faces(self) -> tuple[EditedFace, ...]:
        """The faces as they are now."""
        return self._faces

    @property
    def current(self) -> EditedFace | None:
        """The selected face."""
        return None if self.selected is None else self._faces[self.selected]

    @property
    def unlabelled(self) -> int:
        """Number of faces without a label."""
        return sum(face.label is None for face in self._faces)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._history)

    def select_next(self) -> None:
        """Select the next face without a label or, where all have one, the next face."""
        if self._drag is not None:
            return
        count = len(self._faces)
        start = -1 if self.selected is None else self.selected
        around = [(start + step) % count for step in range(1, count + 1)]
        bare = [number for number in around if self._faces[number].label is None]
        self.selected = next(iter(bare or around), None)

    def set_label(self, label: Label) -> None:
        """Label the selected face, and go on to the next one that has no label."""
        if self.selected is None or self._drag is not None:
            return
        self._remember()
        self._put(self.selected, replace(self._faces[self.selected], label=label))
        if self.unlabelled:
            self.select_next()

    def delete(self) -> None:
        """Take the selected face away."""
        if self.selected is None or self._drag is not None:
            return
        self._remember()
        place = self.selected
        self._faces = self._faces[:place] + self._faces[place + 1 :]
        self.selected = place - 1 if place else None
        self.select_next()

    def undo(self) -> None:
        """Take the last change back."""
        if self._history and self._drag is None:
            self._faces, self.selected = self._history.pop()

    def press(self, x: float, y: float, reach: float) -> None:
        """Begin to drag: a side or corner of a box, a whole box, or a new box on bare ground.

        Parameters
        ----------
        x, y : float
            Where the mouse is, in the photograph's pixels.
        reach : float
            How far from a side it may be to take hold of it.
        """
        before = (self._faces, self.selected)
        x, y = self._clamp(x, y)
        held, sides = self._at(x, y, reach)
        if held is None:
            held, sides = len(self._faces), frozenset[Side](("right", "bottom"))
            self._faces = (*self._faces, EditedFace((x, y, x, y)))
        self.selected = held
        self._drag = _Drag((x, y), sides, self._faces[held].box, before)

    def drag(self, x: float, y: float) -> None:
        """Move what is held to where the mouse is."""
        drag, held = self._drag, self.selected
        if drag is None or held is None:
            return
        dx, dy = x - drag.start[0], y - drag.start[1]
        x1, y1, x2, y2 = drag.box
        if drag.sides:
            across = [x1 + dx * ("left" in drag.sides), x2 + dx * ("right" in drag.sides)]
            down = [y1 + dy * ("top" in drag.sides), y2 + dy * ("bottom" in drag.sides)]
        else:  # a box that is moved keeps its size at the border
            dx = min(max(dx, -x1), self._size[0] - x2)
            dy = min(max(dy, -y1), self._size[1] - y2)
            across, down = [x1 + dx, x2 + dx], [y1 + dy, y2 + dy]
        left, top = self._clamp(min(across), min(down))
        right, bottom = self._clamp(max(across), max(down))
        self._put(held, replace(self._faces[held], box=(left, top, right, bottom), origin=BY_HAND))

    def release(self) -> None:
        """Let go. A new box that is too small to be meant vanishes; one too narrow is as it was."""
        drag, held = self._drag, self.selected
        self._drag = None
        if drag is None or held is None:
            return
        faces, _ = drag.before
        box = self._faces[held].box
        if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
            self._faces = faces
            self.selected = held if held < len(faces) else None
        elif self._faces != faces:
            if box == drag.box:
                self._faces = faces  # pressed and not moved: not touched by hand
            else:
                self._history.append(drag.before)

    def _at(self, x: float, y: float, reach: float) -> tuple[int | None, frozenset[Side]]:
        """Return the face at a point, and the sides of it within reach.

        Of several faces the selected one is taken, else the smallest.
        """
        hits: list[tuple[bool, float, int, frozenset[Side]]] = []
        for number, face in enumerate(self._faces):
            x1, y1, x2, y2 = face.box
            if not (x1 - reach <= x <= x2 + reach and y1 - reach <= y <= y2 + reach):
                continue
            # A small box must leave room to be moved by.
            near = min(reach, (x2 - x1) / 4, (y2 - y1) / 4)
            sides: set[Side] = set()
            if min(abs(x - x1), abs(x - x2)) <= near or not x1 <= x <= x2:
                sides.add("left" if abs(x - x1) < abs(x - x2) else "right")
            if min(abs(y - y1), abs(y - y2)) <= near or not y1 <= y <= y2:
                sides.add("top" if abs(y - y1) < abs(y - y2) else "bottom")
            hits.append((number != self.selected, (x2 - x1) * (y2 - y1), number, frozenset(sides)))
        if not hits:
            return None, frozenset()
        *_, number, sides_held = min(hits, key=lambda hit: hit[:3])
        return number, sides_held

    def _clamp(self, x: float, y: float) -> tuple[float, float]:
        return min(max(x, 0.0), float(self._size[0])), min(max(y, 0.0), float(self._size[1]))

    def _put(self, place: int, face: EditedFace) -> None:
        self._faces = (*self._faces[:place], face, *self._faces[place + 1 :])

    def _remember(self) -> None:
        self._history.append((self._faces, self.selected))
