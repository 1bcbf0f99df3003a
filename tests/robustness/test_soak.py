import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from tests import pictures
from tests.robustness import soak
from tests.robustness.server import Server, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process in /proc")

REQUESTS = 800
SETTLING_MB = 10.0  # a short run may end while the heap still settles; `make soak` holds the real bound
GOOD = pictures.jpeg()
HEAD = b"POST /v1/classify HTTP/1.1\r\nhost: door\r\ncontent-type: image/jpeg\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


def ask(server: Server) -> float:
    """Send a good request; return how many seconds its answer took."""
    started = time.perf_counter()
    answer = httpx.post(f"{server.address}/v1/classify", content=GOOD, headers={"content-type": "image/jpeg"})
    assert answer.status_code == 200
    return time.perf_counter() - started


def connect(server: Server, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(data)
    return connection


def test_good_requests_are_answered_among_bad_ones_in_constant_memory(server: Server) -> None:
    seen = soak.run(server, REQUESTS)
    assert seen.failures == []
    assert len(seen.times_s) == REQUESTS
    assert seen.statuses[200] > REQUESTS // 3
    assert {400, 413, 415, 422} <= seen.statuses.keys()
    assert max(seen.times_s) < 2.0
    assert seen.growth_mb < SETTLING_MB


def test_slow_senders_hold_up_nobody(server: Server) -> None:
    announced = f"content-length: {len(GOOD)}\r\n\r\n".encode()
    slow = [connect(server, HEAD + announced + GOOD[:10]) for _ in range(30)]
    try:
        for place in range(10, 20):
            for connection in slow:
                connection.sendall(GOOD[place : place + 1])
            assert ask(server) < 1.0
        for connection in slow:
            connection.sendall(GOOD[20:])
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
    finally:
        for connection in slow:
            connection.close()


def test_a_sender_who_goes_away_leaves_no_trace(server: Server) -> None:
    for _ in range(30):
        connect(server, HEAD + b"content-length: 100000\r\n\r\n" + GOOD).close()
    assert ask(server) < 1.0


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /health HTTP/1.1\r\nhost: door\r\nx-filler: " + b"x" * 200_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        HEAD + b"content-length: -5\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ],
    ids=["huge header", "TLS", "negative length", "endless chunk"],
)
def test_what_is_no_http_is_refused_by_the_server(server: Server, request_bytes: bytes) -> None:
    with connect(server, request_bytes) as connection:
        with suppress(OSError):  # it may have hung up by now
            connection.shutdown(socket.SHUT_WR)
        told = connection.recv(1000)
    assert not told or told.startswith(b"HTTP/1.1 4")
    assert ask(server) < 1.0


def test_chunks_without_a_length_are_counted(server: Server) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(70):
            yield b"x" * 65_536

    answer = httpx.post(
        f"{server.address}/v1/classify", content=chunks(), headers={"content-type": "image/jpeg"}
    )
    assert answer.status_code == 413
    assert json.loads(answer.content)["type"] == "/problems/payload-too-large"


def test_growth_is_told_from_noise() -> None:
    flat = soak.Seen(memory_mb=[100.0 + number % 3 for number in range(180)])
    assert abs(flat.growth_mb) < 1
    leaking = soak.Seen(memory_mb=[100.0 + number for number in range(200)])
    assert leaking.growth_mb > 100
