"""One JSON log line per invocation, with its counts, times and metrics. Never pixels, file names or keys."""

from collections.abc import Mapping

from maskservice import metrics
from maskservice.batch.tally import Tally
from maskservice.telemetry import logger

_VERDICTS = ("Compliant", "Violation", "Uncertain", "Rejected")

METRICS = {
    **dict.fromkeys(("BatchMessages", "BatchRetries", "BatchPictures", "BatchFaces"), "Count"),
    **dict.fromkeys((f"Batch{verdict}" for verdict in _VERDICTS), "Count"),
    **dict.fromkeys(("BatchFailures", "BatchAgain", "BatchSkipped"), "Count"),
    "BatchTime": "Milliseconds",
}
"""Every metric of a batch and its unit. A retry is a message that was handed back to come again."""


def report(
    request_id: str, tally: Tally, messages: int, retries: int, time_ms: float, service: str | None
) -> None:
    """Log what an invocation did.

    Parameters
    ----------
    request_id : str
        Lambda's.
    tally : Tally
        What became of the inputs.
    messages, retries : int
        How many came, and how many must come again.
    time_ms : float
        How long it took, in milliseconds.
    service : str or None
        Name of this deployment in its metrics; None for no metrics.
    """
    values: Mapping[str, float] = {
        "BatchMessages": messages,
        "BatchRetries": retries,
        "BatchPictures": tally.pictures,
        "BatchFaces": tally.faces,
        **{f"Batch{verdict}": tally.verdicts[verdict.lower()] for verdict in _VERDICTS},
        "BatchFailures": tally.failed,
        "BatchAgain": tally.again,
        "BatchSkipped": tally.skipped,
        "BatchTime": round(time_ms, 3),
    }
    fields = {"request_id": request_id, **values, "failures": tally.failures}
    if service is not None:
        fields |= metrics.members(service, values, METRICS)
    logger.info("batch", extra={"fields": fields})
