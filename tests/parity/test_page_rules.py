"""The try-it page decides by the rules of the desktop client: the page's own modules, run by Node.js."""

import random

import numpy as np

from maskclient import batching, crop, overlay
from maskclient.camera import asking, consensus, courier, pipeline, tracks, worker
from maskclient.camera.asking import Asking
from maskclient.camera.consensus import Consensus, Shown
from maskclient.camera.tracks import Track, Tracker
from maskclient.camera.views import TrackView
from maskclient.detector import Box, Face
from maskclient.jsonfields import Fields
from maskclient.judge import JudgedFace
from maskclient.show.panel import caption_of
from maskclient.wire import CropResult, Judgement
from maskclient.wording import caption, percent
from tests.parity.pagecases import (
    LABELS,
    REASONS,
    VERDICTS,
    WEB,
    Page,
    corners,
    crowd,
    judgement_of,
    rounded,
    shown_of,
    wire_of,
)


def test_constants_of_the_same_name_are_the_same(page: Page) -> None:
    told = page("constants", None)
    sources = {"asking": asking, "consensus": consensus, "tracks": tracks, "batching": batching}
    compared = [
        (f"{module}.{name}", value, getattr(source, name))
        for module, source in sources.items()
        for name, value in told[module].items()
        if isinstance(value, int | float | str)
    ]
    compared += [
        ("REFUSED_SECONDS", told["courier"]["REFUSED_SECONDS"], courier.REFUSED_SECONDS),
        ("LONGEST_WAIT", told["courier"]["LONGEST_WAIT"], courier.LONGEST_WAIT),
        ("SILENT_SECONDS", told["courier"]["SILENT_SECONDS"], courier.SILENT_SECONDS),
        ("FIRST_PAUSE", told["courier"]["FIRST_PAUSE"], courier.PROBE_SECONDS),
        ("FRESH", told["watching"]["FRESH"], pipeline.FRESH),
        ("GAP_SECONDS", told["watching"]["GAP_SECONDS"], pipeline.GAP_SECONDS),
        ("SILENCE", told["watching"]["SILENCE"], worker.SILENCE),
        ("PICTURE", told["crop"]["PICTURE"], crop.PICTURE._asdict()),
        ("CAMERA", told["crop"]["CAMERA"], crop.CAMERA._asdict()),
    ]
    assert len(compared) > 20
    assert [name for name, here, there in compared if here != there] == []


def test_colours_are_those_of_the_client(page: Page) -> None:
    told = page("constants", None)["overlay"]
    assert told["VERDICT_COLOURS"] == {name: css(colour) for name, colour in overlay.VERDICT_COLOURS.items()}
    assert told["OTHER_COLOUR"] == css(overlay.OTHER_COLOUR)


def test_verdicts_are_named_as_on_the_wall(page: Page) -> None:
    wall = (WEB.parents[1] / "maskclient" / "wall" / "wall.js").read_text(encoding="utf-8")
    words = page("constants", None)["words"]
    assert list(words) == VERDICTS
    for verdict, word in words.items():
        assert f'{verdict}: "{word}"' in wall


def test_consensus_is_the_same(page: Page) -> None:
    for seed in range(40):
        rng = random.Random(seed)
        kept, now, steps, there = Consensus(7.5), 0.0, [], []
        mood = [rng.random() for _ in VERDICTS]
        for _ in range(150):
            now += rng.choice([0.0, 0.4, 0.5, 3.0, 3.0, rng.uniform(0, 9)])
            mood = [rng.random() for _ in VERDICTS] if rng.random() < 0.05 else mood
            judgement = None if rng.random() < 0.3 else judgement_of(rng, mood)
            steps.append((judgement and wire_of(judgement), now))
            if judgement is None:
                kept.age(now)
            else:
                kept.add(judgement, now)
            there.append((kept.shown, kept.settled))
        here = page("consensus", {"maxAge": 7.5, "steps": steps})
        assert [shown_of(told) for told in here] == [(*rounded(shown), settled) for shown, settled in there]
        assert len({shown.verdict for shown, _ in there}) > 1


def test_questions_are_asked_at_the_same_time(page: Page) -> None:
    for seed in range(20):
        rng = random.Random(seed)
        interval = [0.2, 1.0, asking.INTERVAL, 5.0][seed % 4]
        kept, now, steps, there = Asking(interval), 0.0, [], []
        look = np.zeros((12, 12), dtype=np.float32)
        for _ in range(300):
            now += rng.choice([0.05, 0.1, 0.2, 0.4, 1.0, rng.uniform(0, 4)])
            if rng.random() < 0.1:
                look = np.float32(rng.choice([0.05, 0.2])) * np.sign(np.random.default_rng(seed).normal(
                    size=(12, 12))).astype(np.float32) * np.float32(rng.choice([-1, 1]))  # fmt: skip
            settled, lost = rng.random() < 0.5, rng.random() < 0.1
            steps.append({"now": now, "settled": settled, "look": look.ravel().tolist(), "lost": lost})
            due = kept.due(now, settled=settled, look=look)
            if due:
                kept.asked(now, look)
            if due and lost:
                kept.unanswered()
            there.append(due)
        assert page("asking", {"interval": interval, "steps": steps}) == there
        assert {True, False} == set(there)


def test_faces_keep_the_same_numbers(page: Page) -> None:
    for seed in range(30):
        kept = Tracker(lambda number, outline, now: Track(number, outline, now, now, Consensus(7.5)))
        steps, there, now = [], [], 0.0
        for finds in crowd(random.Random(seed), 120):
            now += random.Random(seed + now).choice([0.05, 0.1, 0.1, 0.3])
            kept.update(finds, now)
            gone = [track.number for track in kept.expire(now)]
            seen = [(track.number, tuple(track.outline)) for track in kept.tracks]
            there.append((gone, kept.count, seen))
            steps.append({"finds": [corners(find) for find in finds], "now": now})
        here = page("tracks", {"steps": steps})
        told = [
            (
                step["gone"],
                step["count"],
                [(one["number"], tuple(one["outline"].values())) for one in step["tracks"]],
            )
            for step in here
        ]
        assert told == there
        assert kept.count > 5


def test_words_are_those_of_the_client(page: Page) -> None:
    rng = random.Random(9)
    judgements = [judgement_of(rng, [1, 1, 1, 1]) for _ in range(500)]
    there = [
        caption(JudgedFace(Face(Box(0, 0, 9, 9), 0.5), result_of(judgement))) for judgement in judgements
    ]
    assert page("caption", [wire_of(judgement) for judgement in judgements]) == there
    assert page("caption", [None]) == [caption(JudgedFace(Face(Box(0, 0, 9, 9), 0.5), None))]
    shares = [number / 1000 for number in range(1001)]
    assert page("percent", shares) == [percent(share) for share in shares]


def test_words_of_a_track_are_those_of_the_client(page: Page) -> None:
    rng = random.Random(10)
    shown = [Shown(), Shown(reasons=("low-confidence",))]
    for _ in range(300):
        label = rng.choice([*LABELS, "face_shield", None])
        reasons = tuple(rng.sample(REASONS, rng.randint(0, 3)))
        shown.append(Shown(rng.choice(VERDICTS), label, rng.random(), reasons))
    there = [caption_of(TrackView(number, Box(0, 0, 9, 9), each)) for number, each in enumerate(shown)]
    told = [(number, {**vars(each), "reasons": list(each.reasons)}) for number, each in enumerate(shown)]
    assert page("captionOf", told) == there


def css(colour: overlay.Colour) -> str:
    return f"rgb({', '.join(map(str, colour))})"


def result_of(judgement: Judgement) -> CropResult:
    return CropResult.from_wire(Fields({**wire_of(judgement), "index": 0}))
