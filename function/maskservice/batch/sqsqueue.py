"""Messages in SQS."""

import json
from typing import Any
from urllib.parse import quote

from maskservice.batch.awsfaults import passing


class SqsQueue:
    """Two queues in SQS; see `maskservice.batch.store.Queue`.

    Parameters
    ----------
    client
        boto3's, for SQS.
    url, dead_letter_url : str
        Of the queue that the function works at, and of the one for failures.
    """

    def __init__(self, client: Any, url: str, dead_letter_url: str) -> None:  # noqa: ANN401 (untyped)
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def send(self, body: dict[str, Any], delay_s: int = 0) -> None:
        """Send a message to be worked at; see the protocol."""
        with passing():
            self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(body), DelaySeconds=delay_s)

    def dead_letter(self, body: dict[str, Any], reason: str, key: str) -> None:
        """Tell of a failure; see the protocol. The attribute `key` is quoted as in S3's own events."""
        told = {"reason": reason, "key": quote(key.encode("utf-8", "surrogatepass"), safe="/ ")}
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in told.items() if value
        }
        with passing():
            self._client.send_message(
                QueueUrl=self._dead_letter_url, MessageBody=json.dumps(body), MessageAttributes=attributes
            )
