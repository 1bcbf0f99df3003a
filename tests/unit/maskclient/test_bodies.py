import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from maskclient import bodies
from maskclient.api import MaskCheckClient
from maskclient.errors import ApiUnreachable
from maskclient.retry import RetryPolicy

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    thread.join(5)


def client(url: str) -> MaskCheckClient:
    return MaskCheckClient(url, timeout=(0.2, 0.3), retry=RetryPolicy(tries=1))


def test_an_answer_that_drips_in_has_an_end() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD % 1000)
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.05)

    with answering(drip) as url, client(url) as api:
        before = time.monotonic()
        with pytest.raises(ApiUnreachable, match=r"did not answer in 0\.3 s"):
            api.health()
        assert time.monotonic() - before < 2


def test_an_answer_that_stops_in_the_middle_is_told() -> None:
    def stop(connection: socket.socket) -> None:
        connection.sendall(HEAD % 1000 + b"{")
        time.sleep(1)

    with answering(stop) as url, client(url) as api, pytest.raises(ApiUnreachable, match="did not answer"):
        api.health()


def test_an_answer_that_is_cut_is_told() -> None:
    with (
        answering(lambda connection: connection.sendall(HEAD % 1000 + b"{")) as url,
        client(url) as api,
        pytest.raises(ApiUnreachable, match="cannot be reached"),
    ):
        api.health()


def test_an_endless_answer_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST_ANSWER", 100)
    with (
        answering(lambda connection: connection.sendall(HEAD % 1000 + b"{" * 1000)) as url,
        client(url) as api,
        pytest.raises(ApiUnreachable, match="more than 100 bytes"),
    ):
        api.health()


def test_connections_are_kept_between_answers() -> None:
    document = b'{"status": "ok", "version": "1.0.0"}'
    asked = []

    def twice(connection: socket.socket) -> None:
        for _ in range(2):
            connection.sendall(HEAD % len(document) + document)
            asked.append(connection.recv(65536))

    with answering(twice) as url, client(url) as api:
        api.health()
        api.health()
        assert asked[0].startswith(b"GET /health")
