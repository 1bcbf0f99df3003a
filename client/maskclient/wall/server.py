"""Runs the wall's web server in a thread of its own."""

import socket
import threading
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from maskclient.errors import ConfigurationInvalid
from maskclient.wall.messages import MOST_BYTES

STOP_SECONDS = 5.0
_GRACE = 1
_BACKLOG = 64


class WallServer:
    """Serves from the start of a ``with`` block to its end.

    Parameters
    ----------
    app : ASGIApp
        Of `maskclient.wall.app.create_app`.
    host : str
        Name or address to listen at.
    port : int
        0 takes one that is free.

    Raises
    ------
    ConfigurationInvalid
        If nobody can listen there.
    """

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self._host = host
        self._listener = _listen(host, port)
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=MOST_BYTES,
            ws_per_message_deflate=False,  # JPEGs do not get smaller
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = uvicorn.Server(config)
        # A daemon, so that a viewer who does not let go cannot keep the program from ending.
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="wall", daemon=True
        )

    @property
    def url(self) -> str:
        """Where the page is."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._listener.getsockname()[1]}/"

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and let go of the port; also before it has begun."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationInvalid(
            f"The wall cannot listen at {host}, port {port}: {reason}. Take another with --host or --port."
        ) from error
