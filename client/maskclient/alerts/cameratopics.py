"""The cameras that a broker is told of: their topics, their entities in Home Assistant, their states."""

from typing import Any

from maskclient.alerts.broker import checked_topic
from maskclient.alerts.homeassistant import discovery, slug
from maskclient.errors import AlertFailed


class CameraTopics:
    """Which cameras there are; not safe to use from several threads at once.

    Parameters
    ----------
    topic : str
        Where all topics begin.
    discovery_prefix : str
        Where Home Assistant looks for configurations.

    Raises
    ------
    ValueError
        If a topic cannot begin so.
    """

    def __init__(self, topic: str, discovery_prefix: str) -> None:
        self._topic = checked_topic(topic)
        self._prefix = checked_topic(discovery_prefix)
        self._slugs: dict[str, str] = {}
        self.violations: dict[str, bool] = {}

    def add(self, camera: str) -> None:
        """Take in a camera, at which nobody is yet; one that is known is left as it is.

        Raises
        ------
        ValueError
            If its name cannot be part of a topic, or is another camera's there.
        """
        part = slug(camera)
        if part in self._slugs.values() and camera not in self._slugs:
            raise ValueError("Two cameras have the same name in topics. Give them names that differ more.")
        self._slugs[camera] = part
        self.violations.setdefault(camera, False)

    def remove(self, camera: str) -> None:
        """Forget a camera."""
        self._slugs.pop(camera, None)
        self.violations.pop(camera, None)

    def base(self, camera: str) -> str:
        """Return where the topics of a camera begin.

        Raises
        ------
        AlertFailed
            If there is no such camera.
        """
        if camera not in self._slugs:
            raise AlertFailed(f"MQTT knows no camera {camera!r}: add it to the publisher first.")
        return f"{self._topic}/{self._slugs[camera]}"

    def state(self, camera: str) -> tuple[str, str]:
        """Return the topic of a camera's state, and the state."""
        return f"{self.base(camera)}/violation", "ON" if self.violations[camera] else "OFF"

    def topics(self, camera: str) -> list[str]:
        """Return every topic that a broker retains of a camera."""
        return [*self.configurations(camera), self.state(camera)[0]]

    def configurations(self, camera: str) -> dict[str, dict[str, Any]]:
        """Return what Home Assistant is told of a camera, by topic."""
        return discovery(camera, self._topic, self._prefix)
