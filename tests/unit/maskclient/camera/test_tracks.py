import numpy as np

from maskclient.camera.consensus import Consensus
from maskclient.camera.following import Outline, grey_copy
from maskclient.camera.tracks import BLIND_HOLD, HOLD, Track, Tracker
from tests.videos import walk

LEFT, RIGHT = Outline(100, 100, 200, 220), Outline(500, 100, 600, 220)


def shifted(outline: Outline, across: float, down: float = 0) -> Outline:
    return Outline(outline.x1 + across, outline.y1 + down, outline.x2 + across, outline.y2 + down)


def tracker() -> Tracker:
    return Tracker(lambda number, outline, now: Track(number, outline, now, now, Consensus(10.0)))


def test_faces_keep_their_numbers_while_they_move() -> None:
    people = tracker()
    for step in range(20):
        people.update([shifted(RIGHT, -5 * step), shifted(LEFT, 5 * step)], step / 10)
    assert {track.number: track.outline.x1 < 350 for track in people.tracks} == {1: False, 2: True}
    assert people.count == 2


def test_a_face_that_jumps_a_little_is_the_same() -> None:
    people = tracker()
    people.update([LEFT], 0.0)
    people.update([shifted(LEFT, 58)], 0.1)
    assert [track.number for track in people.tracks] == [1]


def test_a_face_elsewhere_or_of_another_size_is_another() -> None:
    people = tracker()
    people.update([LEFT], 0.0)
    people.update([RIGHT, Outline(190, 100, 230, 150)], 0.1)
    assert people.count == 3


def test_two_tracks_on_one_face_become_the_older_one() -> None:
    people = tracker()
    people.update([LEFT, shifted(LEFT, 55)], 0.0)
    people.update([shifted(LEFT, 2), shifted(LEFT, 12)], 0.1)
    assert [track.number for track in people.tracks] == [1]
    assert [track.number for track in people.expire(0.1)] == [2]
    assert people.expire(0.1) == []


def test_who_is_not_found_is_held_and_then_dropped() -> None:
    people = tracker()
    people.update([LEFT], 0.0)
    people.tracks[0].followed = HOLD
    assert people.expire(HOLD) == []
    people.tracks[0].followed = HOLD + 0.1
    assert [track.number for track in people.expire(HOLD + 0.1)] == [1]
    assert people.tracks == []


def test_who_cannot_be_followed_is_dropped_sooner() -> None:
    people = tracker()
    people.update([LEFT], 0.0)
    assert people.expire(BLIND_HOLD) == []
    assert len(people.expire(BLIND_HOLD + 0.01)) == 1


def test_a_number_is_never_used_again() -> None:
    people = tracker()
    people.update([LEFT], 0.0)
    people.expire(9.0)
    people.update([LEFT], 10.0)
    assert [track.number for track in people.tracks] == [2]


def test_tracks_move_with_their_faces_between_searches() -> None:
    frame = next(iter(walk(["hopper"], 1, height=500)))
    people = tracker()
    people.update([Outline(500, 200, 700, 420)], 0.0)
    people.follow(grey_copy(frame), grey_copy(np.roll(frame, 9, 1)), 1280 / 480, 0.1)
    (track,) = people.tracks
    assert abs(track.outline.x1 - 509) < 1.5
    assert track.followed == 0.1
    assert track.found == 0.0
