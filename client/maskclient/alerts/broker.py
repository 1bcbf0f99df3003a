"""Where an MQTT broker is, and what a topic may begin with."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

DEFAULT_TOPIC = "maskcheck"
"""Where all topics begin."""

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Broker:
    """What a broker's address says.

    Attributes
    ----------
    host : str
        Its name or IP address.
    port : int
        Where it listens.
    secure : bool
        Whether the connection is encrypted.
    user : str or None
        Who connects.
    password : str or None
        Never part of ``repr``.
    """

    host: str
    port: int
    secure: bool
    user: str | None
    password: str | None = field(repr=False)

    @property
    def shown(self) -> str:
        """The address as messages show it, without user name and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.secure else 'mqtt'}://{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an address such as ``mqtt://user:password@host:1883``.

        Raises
        ------
        ValueError
            If it is none; the text does not show it, as it may hold a password.
        """
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError:
            raise ValueError("The MQTT broker's address is not a URL.") from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(
                "The MQTT broker's address must look like mqtt://host:1883 or mqtts://host:8883."
            )
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        return cls(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts", user, password)


def checked_topic(topic: str) -> str:
    """Return what topics are to begin with.

    Raises
    ------
    ValueError
        If no topic may begin so.
    """
    if not topic or topic.startswith(("/", "$")) or topic.endswith("/") or set(topic) & set("+#\0"):
        raise ValueError(f"{topic!r} cannot begin a topic: no + or #, no / at either end.")
    return topic
