import pytest

from maskclient.alerts.cameratopics import CameraTopics
from maskclient.errors import AlertFailed


@pytest.fixture
def topics() -> CameraTopics:
    return CameraTopics("maskcheck", "homeassistant")


def test_a_camera_has_a_topic_and_a_state(topics: CameraTopics) -> None:
    topics.add("Front door")
    assert topics.base("Front door") == "maskcheck/front_door"
    assert topics.state("Front door") == ("maskcheck/front_door/violation", "OFF")
    topics.violations["Front door"] = True
    topics.add("Front door")
    assert topics.state("Front door") == ("maskcheck/front_door/violation", "ON")
    assert topics.topics("Front door") == [
        *topics.configurations("Front door"),
        "maskcheck/front_door/violation",
    ]
    assert len(topics.configurations("Front door")) == 2


def test_a_camera_that_is_gone_leaves_its_name(topics: CameraTopics) -> None:
    topics.add("Front door")
    with pytest.raises(ValueError, match="same name in topics"):
        topics.add("front-door")
    topics.remove("Front door")
    topics.remove("Front door")
    with pytest.raises(AlertFailed, match="knows no camera 'Front door'"):
        topics.base("Front door")
    topics.add("front-door")
    assert topics.violations == {"front-door": False}
