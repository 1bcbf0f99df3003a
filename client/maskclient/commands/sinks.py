"""Opens where alerts go, as the options say."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from maskclient.alerts.dispatcher import Dispatcher, Sink
from maskclient.alerts.listening import Send, TellState
from maskclient.alerts.sound import Chime
from maskclient.alerts.webhook import Webhook
from maskclient.errors import ConfigurationInvalid


class CameraRegister(Protocol):
    """A sink that must know which cameras there are, as `maskclient.alerts.mqtt.MqttPublisher` must."""

    def add(self, camera: str) -> None:
        """Take in a camera, or raise `ValueError` if its name cannot be used."""
        ...

    def remove(self, camera: str) -> None:
        """Forget a camera."""
        ...


@dataclass(frozen=True)
class Sinks:
    """Where alerts go.

    Attributes
    ----------
    send : callable
        Takes an event and returns at once.
    tell_state : list of callable
        Take the state of a camera, and return at once.
    registers : list of CameraRegister
        Are told of cameras that come and go.
    """

    send: Send
    tell_state: list[TellState]
    registers: list[CameraRegister]

    def add(self, camera: str) -> None:
        """Take in a camera that was not there when the sinks were opened.

        Raises
        ------
        ValueError
            If its name cannot be used.
        """
        for register in self.registers:
            register.add(camera)

    def remove(self, camera: str) -> None:
        """Forget a camera."""
        for register in self.registers:
            register.remove(camera)


def open_sinks(
    options: argparse.Namespace, cameras: Sequence[str], stack: ExitStack, tell: Callable[[str], None]
) -> Sinks:
    """Open what the options name; the stack closes it.

    Raises
    ------
    ConfigurationInvalid
        If an address or a secret cannot be used.
    """
    sinks: list[Sink] = []
    states: list[TellState] = []
    registers: list[CameraRegister] = []
    try:
        if options.webhook:
            secret = options.webhook_secret.encode() if options.webhook_secret else None
            webhook = Webhook(options.webhook, secret)
            stack.callback(webhook.close)
            sinks.append(webhook)
        if options.mqtt:
            from maskclient.alerts.mqtt import MqttPublisher  # a fifth of a second that few need

            publisher = MqttPublisher(
                options.mqtt, cameras=cameras, password=options.mqtt_password, topic=options.mqtt_topic
            )
            stack.callback(publisher.close)
            sinks.append(publisher)
            states.append(publisher.set_violation)
            registers.append(publisher)
    except ValueError as error:
        raise ConfigurationInvalid(str(error)) from error
    if options.sound:
        chime = Chime()
        stack.callback(chime.close)
        sinks.append(chime)
    dispatcher = Dispatcher(sinks, tell)
    stack.callback(dispatcher.close)
    return Sinks(dispatcher.send, states, registers)
