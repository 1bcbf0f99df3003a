"""Events and states by MQTT, for door controllers, Node-RED and Home Assistant."""

import contextlib
import json
import ssl
import threading
import uuid
from collections.abc import Sequence
from time import monotonic
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from maskclient.alerts.broker import DEFAULT_TOPIC, Broker
from maskclient.alerts.cameratopics import CameraTopics
from maskclient.alerts.event import DoorEvent
from maskclient.errors import AlertFailed

KEEPALIVE_SECONDS = 20
"""A connection that is silent for half as much again is taken for broken, by the broker too."""
QUEUED_EVENTS = 64
"""So many events wait for a broker that is away."""
CLOSE_SECONDS = 2.0
"""Longest time `MqttPublisher.close` takes."""

_QUEUED = (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN)


class MqttPublisher:
    """Publishes to one broker, in the background; nothing here waits for the network.

    With the topic ``maskcheck`` and a camera named "Front door":

    - ``maskcheck/status``: ``online`` or ``offline``, retained; the broker itself says ``offline``
      when this program dies.
    - ``maskcheck/front_door/violation``: ``ON`` or ``OFF``, retained.
    - ``maskcheck/front_door/event``: each event as JSON, QoS 1. This is the record: events wait
      here while the broker is away, so they may come late, and may come twice.
    - ``maskcheck/front_door/live``: the same JSON and its type once more as ``event_type``, which
      Home Assistant asks for. QoS 0, and only while there is a connection.
    - ``maskcheck/front_door/admit``: the JSON of admissions only, likewise QoS 0. It is a topic of its
      own so that a relay without JSON can open its door upon any message. It is not a state that
      goes ON and OFF: one that is retained, or waits for a broker, would open the door to nobody.

    A second program needs another topic, or each would tell of the other's end as its own.

    Parameters
    ----------
    url : str
        ``mqtt://user:password@host:1883``, or ``mqtts://`` for TLS; user and port may be left out.
    password : str, optional
        Goes before the one in the address. Never part of a message or of ``repr``.
    cameras : sequence of str
        Names of the first ones; each becomes a device of Home Assistant. See `add`.
    topic : str
        Where all topics begin.
    discovery_prefix : str
        Where Home Assistant looks for configurations.
    tls : ssl.SSLContext, optional
        For ``mqtts``; by default the certificates that this computer trusts.

    Raises
    ------
    ValueError
        If the address, a topic or a camera's name cannot be used.
    """

    name = "MQTT"

    def __init__(
        self,
        url: str,
        *,
        cameras: Sequence[str],
        password: str | None = None,
        topic: str = DEFAULT_TOPIC,
        discovery_prefix: str = "homeassistant",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._broker = Broker.parse(url)
        self._topic = topic
        self._cameras = CameraTopics(topic, discovery_prefix)
        for camera in cameras:
            self._cameras.add(camera)
        self._dropped: set[str] = set()
        self._order = threading.Lock()  # an old state must not overtake a new one
        self._trouble = "it has not answered yet"
        self._accepted = False
        self._closed = False
        self._client = self._make_client(password, tls)
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_SECONDS)
        self._client.loop_start()

    def __repr__(self) -> str:
        return f"MqttPublisher({self._broker.shown!r})"

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection."""
        return self._client.is_connected()

    def add(self, camera: str) -> None:
        """Tell of a camera from now on, at which nobody is yet.

        Raises
        ------
        ValueError
            If its name cannot be part of a topic, or is another camera's there.
        """
        with self._order:
            self._cameras.add(camera)
            self._dropped.difference_update(self._cameras.topics(camera))
            if self.connected:
                self._announce(camera)

    def remove(self, camera: str) -> None:
        """Forget a camera, and have the broker and Home Assistant forget it; nothing if it is not known."""
        with self._order:
            if camera not in self._cameras.violations:
                return
            self._dropped.update(self._cameras.topics(camera))
            self._cameras.remove(camera)
            if self.connected:
                self._drop()

    def send(self, event: DoorEvent) -> None:
        """Publish an event, on up to three topics.

        Raises
        ------
        AlertFailed
            If there is no connection, or no such camera. Without a connection the event is kept
            for the topic ``event`` as long as there is room; it is not published on the others.
        """
        here = self._cameras.base(event.camera)
        if self._closed:
            raise AlertFailed(f"The connection to {self._broker.shown} is closed; the event is lost.")
        document = event.to_json()
        if self.connected:
            self._publish(f"{here}/live", document | {"event_type": event.kind})
            if event.kind == "admit":
                self._publish(f"{here}/admit", document)
        kept = self._publish(f"{here}/event", document, qos=1) in _QUEUED
        if not self.connected:
            fate = "is kept until the broker is back" if kept else "is lost: too many are waiting"
            raise AlertFailed(
                f"The MQTT broker {self._broker.shown} cannot be reached: {self._trouble}. The event {fate}."
            )
        if not kept:
            raise AlertFailed(f"The MQTT broker {self._broker.shown} is too slow; the event is lost.")

    def set_violation(self, camera: str, violation: bool) -> None:  # noqa: FBT001 - the state itself
        """Publish whether somebody without a mask is at a camera; kept for the next connection.

        Raises
        ------
        AlertFailed
            If there is no such camera.
        """
        with self._order:
            self._cameras.base(camera)
            self._cameras.violations[camera] = violation
            self._publish_state(camera)

    def close(self) -> None:
        """Say ``offline`` and disconnect, within `CLOSE_SECONDS`."""
        if self._closed:
            return
        self._closed = True
        deadline = monotonic() + CLOSE_SECONDS
        if self.connected:
            # Its receipt is waited for, as a connection that ends with something unread is taken for
            # broken. After a good-bye that arrives the broker does not publish the last will.
            parting = self._client.publish(f"{self._topic}/status", "offline", 1, retain=True)
            with contextlib.suppress(ValueError, RuntimeError):  # the queue is full; the connection broke
                parting.wait_for_publish(CLOSE_SECONDS / 2)
        self._client.disconnect()
        # The network's thread may be in the middle of a connection, for longer than we may wait.
        stopping = threading.Thread(target=self._client.loop_stop, daemon=True)
        stopping.start()
        stopping.join(max(0.0, deadline - monotonic()))

    def _make_client(self, password: str | None, tls: ssl.SSLContext | None) -> Client:
        if password is not None and self._broker.user is None:
            raise ValueError("The MQTT broker's password needs a user name: mqtt://user@host.")
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"maskcheck-{uuid.uuid4().hex[:12]}")
        if self._broker.user is not None:
            client.username_pw_set(self._broker.user, self._broker.password if password is None else password)
        if self._broker.secure:
            client.tls_set_context(tls or ssl.create_default_context())
        client.will_set(f"{self._topic}/status", "offline", qos=1, retain=True)
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        client.max_queued_messages_set(QUEUED_EVENTS)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        return client

    def _publish(
        self, topic: str, document: dict[str, Any], qos: int = 0, *, retain: bool = False
    ) -> MQTTErrorCode:
        return self._client.publish(topic, json.dumps(document), qos, retain).rc

    def _publish_state(self, camera: str) -> None:
        # QoS 0 will do for what is retained: it is published again with every connection, so a
        # loss mends itself, and it takes no place from the events that wait.
        if self.connected:
            topic, state = self._cameras.state(camera)
            self._client.publish(topic, state, retain=True)

    def _announce(self, camera: str) -> None:
        for topic, configuration in self._cameras.configurations(camera).items():
            self._publish(topic, configuration, retain=True)
        self._publish_state(camera)

    def _drop(self) -> None:
        for topic in self._dropped:
            self._client.publish(topic, None, retain=True)  # empty: what was retained is dropped
        self._dropped.clear()

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._trouble = f"it refused the connection ({reason}); check user name and password"
            return
        self._accepted = True
        # Each time: the broker may have been started anew, without what it had retained.
        with self._order:
            for camera in self._cameras.violations:
                self._announce(camera)
            self._drop()
        client.publish(f"{self._topic}/status", "online", retain=True)

    def _on_connect_fail(self, _client: Client, _userdata: object) -> None:
        self._trouble = "no connection; check its address and that it runs"

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._accepted:  # a refusal tells more than the end that follows it
            self._trouble = f"the connection broke ({reason})"
        self._accepted = False
