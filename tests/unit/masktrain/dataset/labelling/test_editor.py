from collections.abc import Callable
from itertools import pairwise

import pytest

from masktrain.dataset.labelling.editor import BY_HAND, BoxEditor, EditedFace
from masktrain.geometry import Box

SIZE = (200, 100)
LEFT = EditedFace((10, 10, 60, 60), None, "haar")
RIGHT = EditedFace((100, 20, 160, 80), None, "haar")


@pytest.fixture
def editor() -> BoxEditor:
    return BoxEditor(SIZE, (LEFT, RIGHT))


def drag(editor: BoxEditor, *points: tuple[float, float], reach: float = 4) -> None:
    editor.press(*points[0], reach)
    for point in points[1:]:
        editor.drag(*point)
    editor.release()


def test_labelling_goes_on_to_what_has_no_label(editor: BoxEditor) -> None:
    assert (editor.selected, editor.unlabelled) == (0, 2)
    editor.set_label("with_mask")
    assert (editor.selected, editor.unlabelled) == (1, 1)
    editor.set_label("not_face")
    assert (editor.selected, editor.unlabelled) == (1, 0)  # stays, to be seen
    editor.set_label("without_mask")
    assert [face.label for face in editor.faces] == ["with_mask", "without_mask"]
    assert [face.origin for face in editor.faces] == ["haar", "haar"]
    assert [face.box for face in editor.faces] == [LEFT.box, RIGHT.box]


def test_boxes_without_a_label_are_selected_first() -> None:
    labelled = EditedFace((0, 0, 9, 9), "with_mask")
    editor = BoxEditor(SIZE, (labelled, LEFT, labelled, RIGHT))
    seen = []
    for _ in range(3):
        seen.append(editor.selected)
        editor.select_next()
    assert seen == [1, 3, 1]
    done = BoxEditor(SIZE, (labelled, labelled))
    done.select_next()
    assert done.selected == 1


def test_nothing_to_edit_is_no_error() -> None:
    editor = BoxEditor(SIZE)
    editor.set_label("with_mask")
    editor.delete()
    editor.undo()
    editor.drag(5, 5)
    editor.release()
    editor.select_next()
    assert (editor.faces, editor.selected, editor.current, editor.can_undo) == ((), None, None, False)


def test_deleting_goes_on_to_the_next_box(editor: BoxEditor) -> None:
    editor.delete()
    assert (editor.faces, editor.current) == ((RIGHT,), RIGHT)
    editor.delete()
    assert (editor.faces, editor.selected) == ((), None)


def test_each_change_is_undone(editor: BoxEditor) -> None:
    states = [editor.faces]
    changes: tuple[Callable[[], None], ...] = (
        lambda: editor.set_label("with_mask"),
        lambda: drag(editor, (120, 50), (125, 55)),
        lambda: drag(editor, (170, 5), (199, 40)),
        editor.delete,
    )
    for change in changes:
        change()
        states.append(editor.faces)
    assert all(one != other for one, other in pairwise(states))
    for state in reversed(states[:-1]):
        assert editor.can_undo
        editor.undo()
        assert editor.faces == state
    assert (editor.can_undo, editor.selected) == (False, 0)


@pytest.mark.parametrize(
    ("start", "end", "box"),
    [
        ((35, 35), (45, 30), (20, 5, 70, 55)),  # moved by its middle
        ((35, 35), (-90, 300), (0, 50, 50, 100)),  # to the border, with its size
        ((9, 35), (4, 90), (5, 10, 60, 60)),  # left side, from outside
        ((61, 61), (71, 81), (10, 10, 70, 80)),  # corner
        ((10, 10), (-50, -50), (0, 0, 60, 60)),  # clamped
        ((35, 10), (35, 80), (10, 60, 60, 80)),  # top side dragged below the bottom one
        ((35, 60), (35, 58), (10, 10, 60, 58)),
        ((60, 35), (80, 0), (10, 10, 80, 60)),
    ],
)
def test_boxes_follow_the_mouse(
    editor: BoxEditor, start: tuple[float, float], end: tuple[float, float], box: Box
) -> None:
    drag(editor, start, (30, 30), end)
    assert editor.faces == (EditedFace(box, None, BY_HAND), RIGHT)


@pytest.mark.parametrize("end", [(190, 90), (170, 50)])
def test_a_box_is_drawn_in_any_direction(editor: BoxEditor, end: tuple[float, float]) -> None:
    drag(editor, (180, 70), end)
    box = (min(180, end[0]), min(70, end[1]), max(180, end[0]), max(70, end[1]))
    assert editor.faces == (LEFT, RIGHT, EditedFace(box, None, BY_HAND))
    assert editor.selected == 2


def test_a_new_box_stays_inside_the_photograph(editor: BoxEditor) -> None:
    drag(editor, (-5, 90), (-20, 500), (40, 70), reach=1)
    assert editor.faces[2].box == (0, 70, 40, 90)


def test_a_click_beside_the_boxes_selects_nothing(editor: BoxEditor) -> None:
    drag(editor, (180, 90), (183, 92))
    assert (editor.faces, editor.selected, editor.can_undo) == ((LEFT, RIGHT), None, False)


def test_a_click_on_a_box_selects_it_and_changes_nothing(editor: BoxEditor) -> None:
    drag(editor, (130, 50))
    assert (editor.selected, editor.can_undo) == (1, False)
    drag(editor, (20, 30), (25, 35), (20, 30))  # there and back
    assert (editor.faces, editor.selected, editor.can_undo) == ((LEFT, RIGHT), 0, False)


def test_a_box_squeezed_to_nothing_is_as_it_was(editor: BoxEditor) -> None:
    drag(editor, (60, 35), (12, 35))
    assert (editor.faces, editor.selected, editor.can_undo) == ((LEFT, RIGHT), 0, False)


def test_a_box_within_another_can_be_taken() -> None:
    inner = EditedFace((30, 30, 50, 50))
    editor = BoxEditor(SIZE, (EditedFace((0, 0, 100, 100)), inner))
    editor.selected = None
    drag(editor, (40, 40))
    assert editor.selected == 1
    drag(editor, (90, 90))
    drag(editor, (40, 40))
    assert editor.selected == 0  # what is selected keeps the mouse


def test_a_small_box_can_be_moved() -> None:
    small = BoxEditor(SIZE, (EditedFace((50, 50, 60, 60)),))
    drag(small, (55, 55), (65, 65), reach=30)
    assert small.faces[0].box == (60, 60, 70, 70)


def test_keys_wait_until_the_mouse_lets_go(editor: BoxEditor) -> None:
    editor.press(35, 35, 4)
    editor.drag(40, 40)
    editor.set_label("with_mask")
    editor.delete()
    editor.select_next()
    editor.undo()
    editor.release()
    assert editor.faces == (EditedFace((15, 15, 65, 65), None, BY_HAND), RIGHT)
