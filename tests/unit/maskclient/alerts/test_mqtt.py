import socket
import time
from collections.abc import Iterator

import pytest

from maskclient.alerts.broker import Broker
from maskclient.alerts.homeassistant import discovery, slug
from maskclient.alerts.mqtt import MqttPublisher
from maskclient.errors import AlertFailed
from tests.unit.maskclient.alerts.doors import door_event

HIDDEN, WITH_A_SIGN = "hidden", "p@ss"

# What needs a broker is in tests/e2e/test_mqtt.py.


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def refusing() -> Iterator[int]:
    """A port where nobody listens, and nobody else can."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Front door", "front_door"), ("  Tür #2/+ ", "tur_2"), ("cam-01", "cam_01"), ("A.B", "a_b")],
)
def test_names_become_parts_of_topics(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["", "#/+", "門"])
def test_a_name_of_which_nothing_is_left_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no letter or digit"):
        slug(name)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://host", Broker("host", 1883, secure=False, user=None, password=None)),
        ("mqtts://host/", Broker("host", 8883, secure=True, user=None, password=None)),
        ("mqtt://me:p%40ss@host:1884", Broker("host", 1884, secure=False, user="me", password=WITH_A_SIGN)),
        ("mqtt://[::1]:1", Broker("::1", 1, secure=False, user=None, password=None)),
    ],
)
def test_addresses_of_brokers(url: str, expected: Broker) -> None:
    assert Broker.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    ["", "host:1883", "http://host/hidden", "mqtt://", "mqtt://me:hidden@host:x", "mqtt://host/hidden"],
)
def test_what_is_no_address_is_told_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="MQTT broker's address") as caught:
        MqttPublisher(url, cameras=["a"])
    assert "hidden" not in str(caught.value)


def test_secrets_are_not_shown(refusing: int) -> None:
    publisher = MqttPublisher(f"mqtt://me:hidden@127.0.0.1:{refusing}", cameras=[], password=HIDDEN)
    publisher.close()
    assert repr(publisher) == f"MqttPublisher('mqtt://127.0.0.1:{refusing}')"
    assert "hidden" not in repr(Broker.parse("mqtt://me:hidden@host"))
    assert Broker.parse("mqtt://[::1]").shown == "mqtt://[::1]:1883"


@pytest.mark.parametrize("topic", ["", "/a", "a/", "a/+", "#", "$SYS"])
def test_what_cannot_begin_a_topic_is_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="cannot begin a topic"):
        MqttPublisher("mqtt://host", cameras=["a"], topic=topic)
    with pytest.raises(ValueError, match="cannot begin a topic"):
        MqttPublisher("mqtt://host", cameras=["a"], discovery_prefix=topic)


def test_cameras_must_differ_in_topics() -> None:
    with pytest.raises(ValueError, match="same name in topics"):
        MqttPublisher("mqtt://host", cameras=["Door 1", "door-1"])


def test_a_password_needs_a_user() -> None:
    with pytest.raises(ValueError, match="needs a user name"):
        MqttPublisher("mqtt://host", cameras=[], password=HIDDEN)


def test_an_unreachable_broker_delays_nothing_and_is_told(refusing: int) -> None:
    publisher = MqttPublisher(f"mqtt://127.0.0.1:{refusing}", cameras=["Front door"])
    started = time.monotonic()
    publisher.set_violation("Front door", violation=True)
    with pytest.raises(AlertFailed, match=r"cannot be reached: .*is kept until the broker is back"):
        publisher.send(door_event())
    for _ in range(63):
        with pytest.raises(AlertFailed, match="is kept"):
            publisher.send(door_event())
    with pytest.raises(AlertFailed, match="is lost: too many are waiting"):
        publisher.send(door_event())
    assert time.monotonic() - started < 1
    publisher.close()
    assert time.monotonic() - started < 3


def test_the_end_does_not_wait_for_a_silent_broker(silent: int) -> None:
    publisher = MqttPublisher(f"mqtt://127.0.0.1:{silent}", cameras=["Front door"])
    time.sleep(0.1)
    started = time.monotonic()
    publisher.close()
    publisher.close()
    assert time.monotonic() - started < 2.2
    with pytest.raises(AlertFailed, match="closed"):
        publisher.send(door_event())


def test_an_unknown_camera_is_told(refusing: int) -> None:
    publisher = MqttPublisher(f"mqtt://127.0.0.1:{refusing}", cameras=["Front door"])
    with pytest.raises(AlertFailed, match="no camera 'Gate'"):
        publisher.send(door_event(camera="Gate"))
    with pytest.raises(AlertFailed, match="no camera 'Gate'"):
        publisher.set_violation("Gate", violation=True)
    publisher.close()


def test_entities_of_two_programs_differ() -> None:
    first, second = (discovery("Door", topic, "homeassistant") for topic in ("maskcheck", "site/b"))
    assert not set(first) & set(second)
    ids = [each["unique_id"] for found in (first, second) for each in found.values()]
    assert len(set(ids)) == 4
    assert list(first) == [
        "homeassistant/binary_sensor/maskcheck_door/violation/config",
        "homeassistant/event/maskcheck_door/event/config",
    ]
