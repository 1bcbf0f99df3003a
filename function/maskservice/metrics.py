"""CloudWatch metrics of a request, as members of its log line.

CloudWatch reads them out of the log (embedded metric format, version 1), so nothing is sent and
nothing waits. One dimension only, because every combination of values is a metric that is paid for.
"""

from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from time import time_ns
from typing import Any

NAMESPACE = "MaskCheck"
DIMENSION = "Service"

_COUNTS = ("Requests", "ClientErrors", "ServerErrors", "ColdStart", "ModelFallback")
_VERDICTS = ("Compliant", "Violation", "Uncertain", "Rejected")
_TIMES = {"decode": "DecodeTime", "inference": "InferenceTime", "total": "TotalTime"}

METRICS = {
    **dict.fromkeys((*_COUNTS, "Crops", *_VERDICTS, "FailedCrops"), "Count"),
    **dict.fromkeys(_TIMES.values(), "Milliseconds"),
}
"""Every metric and its unit."""


def embedded(
    service: str,
    status: int | None,
    crops: int,
    verdicts: Counter[str],
    timing_ms: Mapping[str, float],
    *,
    cold_start: bool,
    fallback: bool,
) -> dict[str, Any]:
    """Return the members that make a log line a source of metrics.

    Parameters
    ----------
    service : str
        Value of the dimension.
    status : int or None
        Of the answer; None if there was none.
    crops : int
        How many were sent; with none the metrics of crops are left out.
    verdicts : Counter of str
        How often each verdict was given.
    timing_ms : mapping of str to float
        Time per stage, in milliseconds.
    cold_start, fallback : bool
        Whether this is the process's first request, and whether the bundled model stands in.
    """
    answered = status or HTTPStatus.INTERNAL_SERVER_ERROR
    values: dict[str, float] = {
        "Requests": 1,
        "ClientErrors": int(400 <= answered < 500),
        "ServerErrors": int(answered >= 500),
        "ColdStart": int(cold_start),
        "ModelFallback": int(fallback),
    }
    if crops:
        values["Crops"] = crops
        values |= {name: verdicts[name.lower()] for name in _VERDICTS}
        values["FailedCrops"] = crops - verdicts.total()
    values |= {_TIMES[stage]: round(spent, 3) for stage, spent in timing_ms.items()}
    return members(service, values, METRICS)


def members(service: str, values: Mapping[str, float], units: Mapping[str, str]) -> dict[str, Any]:
    """Return metrics as members of a log line, in the embedded metric format.

    Parameters
    ----------
    service : str
        Value of the dimension.
    values : mapping of str to float
        By name of the metric.
    units : mapping of str to str
        CloudWatch's unit of each.
    """
    told = [{"Name": name, "Unit": units[name]} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": told}
    return {
        "_aws": {"Timestamp": time_ns() // 1_000_000, "CloudWatchMetrics": [directive]},
        DIMENSION: service,
        **values,
    }
