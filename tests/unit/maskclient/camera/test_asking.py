from itertools import pairwise

import numpy as np

from maskclient.camera.asking import MOST_PER_MINUTE, Asking, look_of
from maskclient.detector import Box

SAME = np.zeros((12, 12), np.float32)
OTHER = np.tile(np.array([0.5, -0.5], np.float32), (12, 6))


def test_a_new_face_is_asked_about_at_once() -> None:
    assert Asking().due(0.0, settled=False, look=SAME)


def test_a_settled_face_waits_for_the_interval() -> None:
    asking = Asking(3.0)
    asking.asked(0.0, SAME)
    assert not asking.due(2.9, settled=True, look=SAME)
    assert asking.due(3.0, settled=True, look=SAME)


def test_a_face_in_doubt_or_that_looks_different_is_asked_about_soon() -> None:
    asking = Asking(3.0)
    asking.asked(0.0, SAME)
    assert not asking.due(0.3, settled=False, look=OTHER)
    assert asking.due(0.4, settled=False, look=SAME)
    assert asking.due(0.4, settled=True, look=OTHER)


def test_no_face_is_asked_about_more_than_thirty_times_a_minute() -> None:
    asking = Asking(3.0)
    asked = []
    for number in range(30 * 120):  # two minutes at 30 frames per second, never settled
        now = number / 30
        if asking.due(now, settled=False, look=OTHER if number % 2 else SAME):
            asking.asked(now, SAME)
            asked.append(now)
    for start in asked:
        assert sum(start <= moment < start + 60 for moment in asked) <= MOST_PER_MINUTE
    assert len(asked) >= 45
    assert max(later - earlier for earlier, later in pairwise(asked)) <= 3.1  # and none is left alone


def test_a_look_is_free_of_brightness() -> None:
    dark = np.full((40, 40, 3), 20, np.uint8)
    dark[:20] = 60
    assert np.allclose(look_of(dark, Box(0, 0, 40, 40)), look_of(dark + 100, Box(0, 0, 40, 40)), atol=1e-6)
    assert np.abs(look_of(dark, Box(0, 0, 40, 40)) - look_of(dark[::-1], Box(0, 0, 40, 40))).mean() > 0.1
