import json
import signal
import ssl
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskclient.alerts.mqtt import MqttPublisher
from maskclient.errors import AlertFailed
from tests.e2e.mosquitto import Listener, Mosquitto, found, listening, running, soon
from tests.unit.maskclient.alerts.doors import door_event

STATE = "maskcheck/front_door/violation"
CONFIGURATIONS = [
    "homeassistant/binary_sensor/maskcheck_front_door/violation/config",
    "homeassistant/event/maskcheck_front_door/event/config",
]


def retained(broker: Mosquitto, topic: str, text: str) -> bool:
    """Tell whether somebody who comes later hears of it."""

    def heard() -> bool:
        with listening(broker) as late:
            soon(lambda: bool(late.on(topic)), 1)
            return [(each.text, each.retained) for each in late.on(topic)] == [(text, True)]

    return soon(heard)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running(Mosquitto(tmp_path)) as started:
        yield started


@pytest.fixture
def publisher(broker: Mosquitto) -> Iterator[MqttPublisher]:
    made = MqttPublisher(broker.url, cameras=["Front door"])
    assert retained(broker, "maskcheck/status", "online")
    yield made
    made.close()


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    with listening(broker) as heard:
        yield heard


def test_a_violation_is_published(publisher: MqttPublisher, listener: Listener) -> None:
    event = door_event()
    publisher.send(event)
    assert soon(lambda: bool(listener.on("maskcheck/front_door/event")))
    (message,) = listener.on("maskcheck/front_door/event")
    assert json.loads(message.text) == event.to_json()
    assert (message.qos, message.retained) == (1, False)
    (live,) = listener.on("maskcheck/front_door/live")
    assert json.loads(live.text) == event.to_json() | {"event_type": "violation"}
    assert (live.qos, live.retained) == (0, False)
    assert listener.on("maskcheck/front_door/admit") == []


def test_an_admission_has_a_topic_of_its_own(
    broker: Mosquitto, publisher: MqttPublisher, listener: Listener
) -> None:
    event = door_event("admit")
    publisher.send(event)
    assert soon(lambda: bool(listener.on("maskcheck/front_door/event")))
    (message,) = listener.on("maskcheck/front_door/admit")
    assert json.loads(message.text) == event.to_json()
    assert (message.qos, message.retained) == (0, False)
    with listening(broker) as late:  # a door that is started later must not open
        assert soon(lambda: bool(late.texts(STATE)))
        assert not [each for each in late.messages if each.topic.endswith(("admit", "live", "event"))]


def test_home_assistant_finds_the_camera(broker: Mosquitto, publisher: MqttPublisher) -> None:
    assert publisher.connected
    with listening(broker) as late:
        assert soon(lambda: all(late.on(topic) for topic in CONFIGURATIONS))
        messages = [late.on(topic)[0] for topic in CONFIGURATIONS]
    assert all(message.retained for message in messages)
    sensor, event = (json.loads(message.text) for message in messages)
    assert sensor["device_class"] == "problem"
    assert (sensor["state_topic"], sensor["payload_on"], sensor["payload_off"]) == (STATE, "ON", "OFF")
    assert event["event_types"] == ["violation", "admit"]
    assert event["state_topic"] == "maskcheck/front_door/live"
    assert sensor["availability_topic"] == event["availability_topic"] == "maskcheck/status"
    assert sensor["device"] == event["device"]
    assert sensor["device"]["identifiers"] == ["maskcheck_front_door"]
    assert sensor["unique_id"] != event["unique_id"]


def test_the_state_is_retained(broker: Mosquitto, publisher: MqttPublisher) -> None:
    assert retained(broker, "maskcheck/status", "online")
    assert retained(broker, STATE, "OFF")
    publisher.set_violation("Front door", violation=True)
    assert retained(broker, STATE, "ON")
    publisher.set_violation("Front door", violation=False)
    assert retained(broker, STATE, "OFF")


def test_two_programs_share_a_broker(broker: Mosquitto, publisher: MqttPublisher) -> None:
    second = MqttPublisher(broker.url, cameras=["Front door"], topic="hall")
    assert retained(broker, "hall/status", "online")
    second.set_violation("Front door", violation=True)
    assert retained(broker, "hall/front_door/violation", "ON")
    second.close()
    assert retained(broker, "hall/status", "offline")
    assert publisher.connected
    assert retained(broker, "maskcheck/status", "online")
    assert retained(broker, STATE, "OFF")


def test_cameras_come_and_go(broker: Mosquitto, publisher: MqttPublisher, listener: Listener) -> None:
    publisher.add("Yard")
    assert retained(broker, "maskcheck/yard/violation", "OFF")
    publisher.set_violation("Yard", violation=True)
    publisher.send(door_event(camera="Yard"))
    assert soon(lambda: bool(listener.on("maskcheck/yard/event")))
    publisher.remove("Yard")
    publisher.remove("Yard")
    assert soon(lambda: listener.texts("maskcheck/yard/violation")[-1] == "")
    with listening(broker) as late:
        assert soon(lambda: all(late.on(topic) for topic in CONFIGURATIONS))
        assert not [each.topic for each in late.messages if "yard" in each.topic]
    with pytest.raises(AlertFailed, match="knows no camera 'Yard'"):
        publisher.set_violation("Yard", violation=True)
    with pytest.raises(ValueError, match="same name in topics"):
        publisher.add("front-door")


def test_a_camera_that_goes_while_the_broker_is_away_is_forgotten_later(
    broker: Mosquitto, publisher: MqttPublisher
) -> None:
    publisher.add("Yard")
    assert retained(broker, "maskcheck/yard/violation", "OFF")
    publisher._client.disconnect()
    assert soon(lambda: not publisher.connected)
    publisher.remove("Yard")
    publisher._client.reconnect()
    assert soon(lambda: publisher.connected)

    def forgotten() -> bool:
        with listening(broker) as late:
            assert soon(lambda: all(late.on(topic) for topic in CONFIGURATIONS))
            return not [each for each in late.messages if "yard" in each.topic]

    assert soon(forgotten)


def test_a_good_bye_says_offline(broker: Mosquitto, publisher: MqttPublisher, listener: Listener) -> None:
    assert soon(lambda: listener.texts("maskcheck/status") == ["online"])
    publisher.send(door_event())
    started = time.monotonic()
    publisher.close()
    assert time.monotonic() - started < 2
    assert soon(lambda: listener.texts("maskcheck/status") == ["online", "offline"])
    assert len(listener.on("maskcheck/front_door/event")) == 1
    assert retained(broker, "maskcheck/status", "offline")


def test_a_death_says_offline(broker: Mosquitto, listener: Listener) -> None:
    code = f"""
        import time
        from maskclient.alerts.mqtt import MqttPublisher
        publisher = MqttPublisher({broker.url!r}, cameras=["Front door"])
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)]) as client:
        assert soon(lambda: listener.texts("maskcheck/status") == ["online"])
        client.send_signal(signal.SIGKILL)
    assert soon(lambda: listener.texts("maskcheck/status") == ["online", "offline"])
    assert retained(broker, "maskcheck/status", "offline")


def test_a_new_broker_is_told_everything_again(broker: Mosquitto, publisher: MqttPublisher) -> None:
    publisher.set_violation("Front door", violation=True)
    broker.stop()
    assert soon(lambda: not publisher.connected)
    publisher.set_violation("Front door", violation=False)
    publisher.set_violation("Front door", violation=True)
    broker.start()
    with listening(broker) as late:
        assert soon(lambda: late.texts("maskcheck/status") == ["online"])
        assert late.texts(STATE) == ["ON"]
        assert all(len(late.on(topic)) == 1 for topic in CONFIGURATIONS)


def test_what_happens_without_a_broker_is_recorded_later_but_opens_no_door(
    broker: Mosquitto, publisher: MqttPublisher
) -> None:
    broker.stop()
    assert soon(lambda: not publisher.connected)
    event = door_event("admit")
    with pytest.raises(AlertFailed, match="is kept until the broker is back"):
        publisher.send(event)
    broker.start()  # the publisher tries again after a second; the listener is there before
    with listening(broker) as late:
        assert soon(lambda: bool(late.on("maskcheck/front_door/event")))
        publisher.send(door_event())
        assert soon(lambda: len(late.on("maskcheck/front_door/event")) == 2)
        assert json.loads(late.texts("maskcheck/front_door/event")[0]) == event.to_json()
        assert late.on("maskcheck/front_door/admit") == []
        assert len(late.on("maskcheck/front_door/live")) == 1


def test_a_publisher_may_be_there_before_its_broker(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    publisher = MqttPublisher(broker.url, cameras=["Front door"])
    time.sleep(0.2)
    with running(broker):
        assert soon(lambda: publisher.connected)
        assert retained(broker, "maskcheck/status", "online")
        publisher.close()


def failure(publisher: MqttPublisher) -> str:
    with pytest.raises(AlertFailed) as caught:
        publisher.send(door_event())
    return str(caught.value)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    passwords = tmp_path / "passwords"
    command = [found("mosquitto_passwd"), "-b", "-c", str(passwords), "door", "p@ss:word"]
    subprocess.run(command, check=True, capture_output=True)
    with running(Mosquitto(tmp_path, ["allow_anonymous false", f"password_file {passwords}"])) as started:
        yield started


@pytest.mark.parametrize(
    ("before_host", "given"),
    [
        ("door:p%40ss%3Aword@", {}),
        ("door@", {"password": "p@ss:word"}),
        ("door:old@", {"password": "p@ss:word"}),
    ],
)
def test_a_password_opens(guarded: Mosquitto, before_host: str, given: dict[str, Any]) -> None:
    with listening(guarded, "door", "p@ss:word") as listener:
        url = f"mqtt://{before_host}127.0.0.1:{guarded.port}"
        publisher = MqttPublisher(url, cameras=["Front door"], **given)
        assert soon(lambda: listener.texts("maskcheck/status") == ["online"])
        publisher.close()


def test_a_wrong_password_is_told(guarded: Mosquitto) -> None:
    publisher = MqttPublisher(f"mqtt://door:hidden@127.0.0.1:{guarded.port}", cameras=["Front door"])
    assert soon(lambda: "refused the connection" in failure(publisher))
    time.sleep(0.1)  # the end of the connection follows, and tells less
    assert "check user name and password" in failure(publisher)
    assert "hidden" not in failure(publisher)
    assert not publisher.connected
    publisher.close()


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[Mosquitto, Path]]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = [found("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    settings = ["allow_anonymous true", f"certfile {certificate}", f"keyfile {key}"]
    with running(Mosquitto(tmp_path, settings)) as started:
        yield started, certificate


# paho (2.2) leaves it to the garbage collector to close what it could not encrypt.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_tls_is_for_brokers_that_can_be_trusted(encrypted: tuple[Mosquitto, Path]) -> None:
    broker, certificate = encrypted
    url = f"mqtts://127.0.0.1:{broker.port}"
    trusted = ssl.create_default_context(cafile=certificate)
    publisher = MqttPublisher(url, cameras=["Front door"], tls=trusted)
    stranger = MqttPublisher(url, cameras=["Front door"])
    assert soon(lambda: publisher.connected)
    publisher.send(door_event())
    assert soon(lambda: "no connection" in failure(stranger))
    publisher.close()
    stranger.close()
