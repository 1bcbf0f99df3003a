"""One JSON log line per request, with its metrics, and the request's id. Never pixels, file names or keys.

Not aws-lambda-powertools: the same code serves a container, where there is no Lambda context, and one
line of JSON per request is not worth its 9 MB in the artefact and 10 ms (measured) of a cold start.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from time import perf_counter
from typing import Any, cast
from uuid import uuid4

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskservice import metrics
from maskservice.modelstore import Origin
from maskservice.problems import status_response

LOGGER_NAME = "maskservice"
CLIENT_CLOSED_REQUEST = 499  # nginx's status for a caller who went away; none is ever sent

_SCOPE_KEY = "maskservice.record"

# As API Gateway and a load balancer write it; anybody may send the header where neither is in front.
_TRACE = re.compile(rb"[A-Za-z0-9=;:,-]{1,200}")

logger = logging.getLogger(LOGGER_NAME)
_request_logger = logger.getChild("request")


@dataclass
class RequestRecord:
    """What is noted about one request while it is answered.

    Attributes
    ----------
    request_id : str
        Lambda's own id, or a random UUID outside Lambda.
    started : float
        When the request arrived, on the clock of `time.perf_counter`.
    crops : int
        How many crops were sent.
    labels, verdicts : Counter of str
        How often each label and each verdict was given.
    timing_ms : dict of str to float
        Time per stage, in milliseconds.
    """

    request_id: str
    started: float
    crops: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    timing_ms: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, scope: MutableMapping[str, Any]) -> "RequestRecord":
        """Return the record that `RequestTelemetry` put into an ASGI scope."""
        return cast(RequestRecord, scope[_SCOPE_KEY])

    def elapsed_ms(self) -> float:
        """Return the milliseconds since the request arrived."""
        return (perf_counter() - self.started) * 1000.0


class JsonFormatter(logging.Formatter):
    """Formats a log record as one JSON object; ``extra={"fields": {…}}`` adds members."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure_logging(level: str, *, with_requests: bool = False) -> None:
    """Send the package's log to standard error as JSON lines.

    Parameters
    ----------
    level : str
        A level name such as ``INFO``.
    with_requests : bool
        Whether the lines of requests are written at any level, because metrics travel in them.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
    _request_logger.setLevel(logging.INFO if with_requests else logging.NOTSET)


class RequestTelemetry:
    """Middleware: gives every request its id, logs it, and turns a crash into a 500.

    The crash is answered here, inside the server's own error handling, so that this answer too
    carries the request's id and the traceback is logged once.

    Parameters
    ----------
    app : ASGI application
        What is measured.
    model_version : str or None
        Of the loaded model.
    origin : Origin
        Where the model came from.
    service : str or None
        Name of this deployment in the metrics; None for no metrics.
    """

    def __init__(
        self, app: ASGIApp, model_version: str | None, origin: Origin, service: str | None = None
    ) -> None:
        self._app = app
        self._model_version = model_version
        self._origin = origin
        self._service = service
        self._cold_start = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = RequestRecord(_request_id(scope), perf_counter())
        scope[_SCOPE_KEY] = record
        status: int | None = None

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_headers(record)]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except ClientDisconnect:
            status = CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("unexpected error", extra={"fields": {"request_id": record.request_id}})
            if status is not None:
                raise  # half an answer is out; the server must cut the connection
            detail = "The function failed unexpectedly. Report the instance to whoever runs it."
            failure = status_response(HTTPStatus.INTERNAL_SERVER_ERROR, detail, record.request_id)
            await failure(scope, receive, send_noted)
        finally:
            self._log(scope, record, status)

    def _log(self, scope: Scope, record: RequestRecord, status: int | None) -> None:
        record.timing_ms["total"] = record.elapsed_ms()
        fields = {
            "request_id": record.request_id,
            "trace_id": _trace_id(scope),
            "method": scope["method"],
            "route": getattr(scope.get("route"), "path", None),
            "status": status,
            "crops": record.crops,
            "labels": record.labels,
            "verdicts": record.verdicts,
            "timing_ms": {stage: round(duration, 3) for stage, duration in record.timing_ms.items()},
            "model_version": self._model_version,
            "model_source": self._origin.source,
            "cold_start": self._cold_start,
        }
        if self._service is not None:
            fields |= metrics.embedded(
                self._service,
                status,
                record.crops,
                record.verdicts,
                record.timing_ms,
                cold_start=self._cold_start,
                fallback=self._origin.fallback is not None,
            )
        self._cold_start = False
        _request_logger.info("request", extra={"fields": fields})


def _trace_id(scope: Scope) -> str | None:
    """Return what X-Ray and the gateway's log know this request by."""
    sent = next((value for name, value in scope["headers"] if name == b"x-amzn-trace-id"), b"")
    return sent.decode() if _TRACE.fullmatch(sent) else None


def _request_id(scope: Scope) -> str:
    context = scope.get("aws.context")
    return str(context.aws_request_id) if context is not None else str(uuid4())


def _headers(record: RequestRecord) -> list[tuple[bytes, bytes]]:
    stages = {**record.timing_ms, "total": record.elapsed_ms()}
    timing = ", ".join(f"{stage};dur={duration:.1f}" for stage, duration in stages.items())
    return [(b"x-request-id", record.request_id.encode()), (b"server-timing", timing.encode())]
