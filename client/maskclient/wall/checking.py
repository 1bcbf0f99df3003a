"""What another machine tells is taken apart and put together anew: known fields, of bounded size."""

from collections.abc import Mapping
from typing import Any

MOST_TEXT = 120
"""Letters of a text; longer ones are cut."""
MOST_ITEMS = 24
_STATES = ("live", "lost", "ended")
_NUMBERS = ("fps", "people")
_KINDS = ("violation", "admit")
_EVENT_TEXTS = ("event_id", "time", "verdict", "label", "model_version")
_EVENT_NUMBERS = ("track", "confidence", "duration_s")


def checked_figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be told beside a published picture; see `maskclient.wall.pictures.figures_of`."""
    present, captions = told.get("present"), told.get("captions")
    state = told.get("state")
    return {
        "state": state if state in _STATES else "live",
        **{name: _number(told.get(name)) for name in _NUMBERS},
        "present": {
            _text(verdict): _number(count)
            for verdict, count in list(present.items() if isinstance(present, dict) else ())[:MOST_ITEMS]
        },
        "captions": [_text(words) for words in (captions if isinstance(captions, list) else ())[:MOST_ITEMS]],
    }


def checked_event(told: object, camera: str) -> dict[str, Any]:
    """Return an event of a published camera as it may be shown.

    Parameters
    ----------
    told : object
        What the other machine sent.
    camera : str
        How the wall calls the camera.

    Raises
    ------
    ValueError
        If it is no event.
    """
    if not isinstance(told, dict) or told.get("type") not in _KINDS:
        raise ValueError("A published event is none.")
    return {
        "type": told["type"],
        "camera": camera,
        **{name: _text(told.get(name)) for name in _EVENT_TEXTS},
        **{name: _number(told.get(name)) for name in _EVENT_NUMBERS},
    }


def _text(value: object) -> str:
    return value[:MOST_TEXT] if isinstance(value, str) else ""


def _number(value: object) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    return value if good else 0  # type: ignore[return-value]
