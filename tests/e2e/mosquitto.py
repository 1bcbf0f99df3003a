"""A real broker on this computer, and somebody who listens to it."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


def found(program: str) -> str:
    """Return where a program is, or skip; Debian puts the broker where not every PATH looks."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        pytest.skip(f"needs {program}: apt-get install mosquitto")
    return path


def soon(happened: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.01)
    return happened()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Mosquitto:
    """The broker; it keeps nothing when it is stopped."""

    def __init__(self, folder: Path, settings: Sequence[str] = ("allow_anonymous true",)) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._program = found("mosquitto")
        self._config = folder / "mosquitto.conf"
        # As root it would become another user, who cannot read the folders of tests.
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "user root", *settings]
        self._config.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = self._config.with_suffix(".log")
        with log.open("ab") as messages:
            self._process = subprocess.Popen(
                [self._program, "-c", str(self._config)], stdout=messages, stderr=messages
            )
        assert soon(lambda: _answers(self.port)), log.read_text()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # as a broker dies with its computer
            self._process.wait(10)


@contextmanager
def running(broker: Mosquitto) -> Iterator[Mosquitto]:
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@dataclass(frozen=True)
class Message:
    topic: str
    text: str
    qos: int
    retained: bool


@dataclass
class Listener:
    """Hears everything that is published."""

    client: Client
    messages: list[Message] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)

    def on(self, topic: str) -> list[Message]:
        return [message for message in list(self.messages) if message.topic == topic]

    def texts(self, topic: str) -> list[str]:
        return [message.text for message in self.on(topic)]


@contextmanager
def listening(broker: Mosquitto, user: str | None = None, password: str | None = None) -> Iterator[Listener]:
    listener = Listener(Client(CallbackAPIVersion.VERSION2))

    def connected(client: Client, *_: Any) -> None:
        client.subscribe("#", qos=1)

    def heard(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        listener.messages.append(
            Message(message.topic, message.payload.decode(), message.qos, message.retain)
        )

    def subscribed(*_: Any) -> None:
        listener.ready.set()

    listener.client.on_connect, listener.client.on_message = connected, heard
    listener.client.on_subscribe = subscribed
    listener.client.username_pw_set(user, password)
    listener.client.connect("127.0.0.1", broker.port)
    listener.client.loop_start()
    try:
        assert listener.ready.wait(10)
        yield listener
    finally:
        listener.client.disconnect()
        listener.client.loop_stop()
