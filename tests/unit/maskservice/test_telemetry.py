import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskservice.modelstore import BUNDLED, Origin
from maskservice.telemetry import JsonFormatter, RequestRecord, RequestTelemetry, configure_logging, logger
from tests.callers import REQUEST_ID, lambda_context, log_lines


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    record = RequestRecord.of(scope)
    record.crops = 2
    record.labels["with_mask"] += 2
    record.verdicts["compliant"] += 2
    record.timing_ms["decode"] = 1.23456
    await PlainTextResponse("hello")(scope, receive, send)


async def fail(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    raise RuntimeError("secret")


async def fail_late(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("secret")


async def vanish(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    raise ClientDisconnect


def serve(
    app: ASGIApp, times: int = 1, service: str | None = None, origin: Origin = BUNDLED, **scope: Any
) -> list[Message]:
    middleware = RequestTelemetry(app, model_version="1.2.3", origin=origin, service=service)
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        for _ in range(times):
            await middleware({"type": "http", "method": "GET", "headers": [], **scope}, receive, send)

    asyncio.run(run())
    return sent


def test_a_request_is_one_log_line() -> None:
    with log_lines() as lines:
        serve(greet, times=2, **cast(dict[str, Any], {"aws.context": lambda_context()}))
    first, second = lines
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first.pop("timing_ms").keys() == {"decode", "total"}
    assert first == {
        "level": "INFO",
        "message": "request",
        "request_id": REQUEST_ID,
        "trace_id": None,
        "method": "GET",
        "route": None,
        "status": 200,
        "crops": 2,
        "labels": {"with_mask": 2},
        "verdicts": {"compliant": 2},
        "model_version": "1.2.3",
        "model_source": "bundled",
        "cold_start": True,
    }
    assert second["cold_start"] is False


def test_metrics_travel_in_the_line_where_the_service_has_a_name() -> None:
    with log_lines() as lines:
        serve(greet, times=2, service="door", origin=Origin("bundled", "The store is down."))
    first, second = lines
    assert first["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "MaskCheck"
    assert (first["Service"], first["ColdStart"], first["ModelFallback"]) == ("door", 1, 1)
    assert (first["Crops"], first["Compliant"], first["FailedCrops"]) == (2, 2, 0)
    assert second["ColdStart"] == 0


@pytest.mark.parametrize(
    ("sent", "told"),
    [(b"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", True), (b"x" * 300, False), (b"a\xffb", False)],
)
def test_the_trace_is_told_if_it_may_be_one(sent: bytes, told: bool) -> None:  # noqa: FBT001
    with log_lines() as lines:
        serve(greet, headers=[(b"x-amzn-trace-id", sent)])
    assert lines[0]["trace_id"] == (sent.decode() if told else None)


def test_the_answer_carries_id_and_times() -> None:
    headers = dict(serve(greet)[0]["headers"])
    assert UUID(headers[b"x-request-id"].decode()).version == 4
    assert headers[b"server-timing"].startswith(b"decode;dur=1.2, total;dur=")
    assert headers[b"content-type"].startswith(b"text/plain")


def test_a_crash_is_a_problem_that_tells_nothing_and_a_log_line_that_tells_all() -> None:
    with log_lines() as lines:
        start, body = serve(fail)
    assert start["status"] == 500
    problem = json.loads(body["body"])
    assert problem["type"] == "/problems/internal-server-error"
    assert "secret" not in body["body"].decode()
    crash, request = lines
    assert 'raise RuntimeError("secret")' in crash["traceback"]
    assert crash["request_id"] == request["request_id"] == problem["instance"]
    assert request["status"] == 500


def test_a_crash_within_the_answer_is_left_to_the_server() -> None:
    with log_lines() as lines, pytest.raises(RuntimeError):
        serve(fail_late)
    assert [line["message"] for line in lines] == ["unexpected error", "request"]


def test_a_caller_who_goes_away_is_no_crash() -> None:
    with log_lines() as lines:
        assert serve(vanish) == []
    assert [line["status"] for line in lines] == [499]


def test_other_protocols_pass() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await send({"type": "seen", "scope": scope["type"]})

    with log_lines() as lines:
        assert serve(app, type="lifespan") == [{"type": "seen", "scope": "lifespan"}]
    assert lines == []


@pytest.fixture
def restored_logger() -> Iterator[None]:
    before = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, logger.level, logger.propagate = before
    logger.getChild("request").setLevel(logging.NOTSET)


@pytest.mark.usefixtures("restored_logger")
def test_logging_prints_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("WARNING")
    configure_logging("WARNING")  # twice: no line is doubled
    logger.info("quiet")
    logger.warning("loud %s", "ü", extra={"fields": {"answer": 42}})
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["message"], entry["answer"]) == ("WARNING", "loud ü", 42)


@pytest.mark.usefixtures("restored_logger")
@pytest.mark.parametrize("with_requests", [False, True])
def test_no_log_level_silences_metrics(with_requests: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001
    configure_logging("ERROR", with_requests=with_requests)
    serve(greet, service="door")
    assert bool(capsys.readouterr().err) is with_requests


def test_a_line_without_fields_is_formatted_too() -> None:
    record = logging.LogRecord("maskservice", logging.INFO, __file__, 1, "plain", None, None)
    assert json.loads(JsonFormatter().format(record)).keys() == {"time", "level", "message"}
