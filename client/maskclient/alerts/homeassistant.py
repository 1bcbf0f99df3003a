"""What MQTT discovery tells Home Assistant, so that cameras appear there by themselves."""

import re
import unicodedata
from typing import Any

from maskclient.version import __version__


def slug(name: str) -> str:
    """Return a camera's name as it stands in topics: small letters, digits and underscores.

    Raises
    ------
    ValueError
        If nothing is left of the name.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not found:
        raise ValueError(f"The camera's name {name!r} has no letter or digit that a topic can have.")
    return found


def discovery(camera: str, topic: str, prefix: str) -> dict[str, dict[str, Any]]:
    """Return the configurations of one camera's entities, by the topics that they belong to.

    Parameters
    ----------
    camera : str
        The camera's name, as people write it.
    topic : str
        Where all our topics begin.
    prefix : str
        Where Home Assistant looks for configurations.
    """
    here = f"{topic}/{slug(camera)}"
    # Two programs with different topics may both have a camera named "Door".
    ours = f"{slug(topic)}_{slug(camera)}"
    common = {
        "availability_topic": f"{topic}/status",
        "device": {
            "identifiers": [ours],
            "name": f"MaskCheck {camera}",
            "manufacturer": "MaskCheck",
            "model": "maskclient",
            "sw_version": __version__,
        },
        "origin": {"name": "maskclient", "sw_version": __version__},
    }
    violation = {
        "name": "Violation",
        "unique_id": f"{ours}_violation",
        "device_class": "problem",
        "state_topic": f"{here}/violation",
        "payload_on": "ON",
        "payload_off": "OFF",
    }
    event = {
        "name": "Door event",
        "unique_id": f"{ours}_event",
        "icon": "mdi:face-mask",
        "state_topic": f"{here}/live",
        "event_types": ["violation", "admit"],
    }
    return {
        f"{prefix}/binary_sensor/{ours}/violation/config": violation | common,
        f"{prefix}/event/{ours}/event/config": event | common,
    }
