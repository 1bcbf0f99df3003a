from collections import Counter

from maskservice.batch.report import METRICS, report
from maskservice.batch.tally import Tally
from tests.callers import log_lines

TALLY = Tally(
    pictures=7, faces=9, skipped=1, again=2, verdicts=Counter(violation=4), failures=Counter(gone=1)
)


def test_a_line_tells_counts_and_time() -> None:
    with log_lines() as lines:
        report("id", TALLY, 10, 2, 12.3456, None)
    (line,) = lines
    assert line["message"] == "batch"
    assert (line["BatchPictures"], line["BatchFaces"], line["BatchViolation"]) == (7, 9, 4)
    assert (line["BatchMessages"], line["BatchRetries"], line["BatchFailures"]) == (10, 2, 1)
    assert line["failures"] == {"gone": 1}
    assert line["BatchTime"] == 12.346
    assert "_aws" not in line


def test_the_line_of_a_deployment_carries_its_metrics() -> None:
    with log_lines() as lines:
        report("id", TALLY, 10, 2, 12.3456, "batch")
    (line,) = lines
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert {entry["Name"]: entry["Unit"] for entry in directive["Metrics"]} == METRICS
    assert all(name in line for name in METRICS)
    assert line["Service"] == "batch"
