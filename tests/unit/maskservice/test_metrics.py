from collections import Counter

import pytest

from maskservice.metrics import METRICS, NAMESPACE, embedded


def test_every_value_is_announced_and_every_announcement_has_a_value() -> None:
    """Embedded metric format, version 1: metrics and dimensions name members of the same object."""
    line = embedded(
        "door",
        200,
        3,
        Counter(compliant=1, uncertain=1),
        {"decode": 1.23456, "inference": 2, "total": 4},
        cold_start=True,
        fallback=False,
    )
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [["Service"]]
    assert line["Service"] == "door"
    assert isinstance(line["_aws"]["Timestamp"], int)
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == METRICS
    assert {name: line[name] for name in METRICS} == {
        "Requests": 1,
        "ClientErrors": 0,
        "ServerErrors": 0,
        "ColdStart": 1,
        "ModelFallback": 0,
        "Crops": 3,
        "Compliant": 1,
        "Violation": 0,
        "Uncertain": 1,
        "Rejected": 0,
        "FailedCrops": 1,
        "DecodeTime": 1.235,
        "InferenceTime": 2,
        "TotalTime": 4,
    }


@pytest.mark.parametrize(
    ("status", "client", "server"), [(200, 0, 0), (404, 1, 0), (499, 1, 0), (503, 0, 1), (None, 0, 1)]
)
def test_errors_are_counted_by_whose_they_are(status: int | None, client: int, server: int) -> None:
    line = embedded("door", status, 0, Counter(), {"total": 1.0}, cold_start=False, fallback=True)
    assert (line["ClientErrors"], line["ServerErrors"], line["ModelFallback"]) == (client, server, 1)


def test_a_request_without_crops_says_nothing_of_crops() -> None:
    line = embedded("door", 200, 0, Counter(), {"total": 1.0}, cold_start=False, fallback=False)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    names = [metric["Name"] for metric in directive["Metrics"]]
    assert names == ["Requests", "ClientErrors", "ServerErrors", "ColdStart", "ModelFallback", "TotalTime"]
    assert "Crops" not in line
