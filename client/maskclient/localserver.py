"""The child process of `maskclient.local`: serves the function on a free port and tells which.

Run as a script, never imported. It binds the port itself, so nobody can take it in between, and
it ends when its standard input closes, which happens however the parent ends.
"""

import os
import socket
import sys
import threading

BACKLOG = 64
SHUTDOWN_SECONDS = 1


def main() -> None:
    """Serve the ASGI application named on the command line until standard input closes."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    # asyncio does this for sockets that say they are TCP, which this one does not; without it the second
    # part of an answer waits 40 ms for the receipt of the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(listener.getsockname()[1], flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nobody reads on: a full pipe would block the function

    # The slow imports come after the port is told: a first request waits in the backlog meanwhile.
    import uvicorn

    config = uvicorn.Config(
        sys.argv[1],
        lifespan="off",
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = uvicorn.Server(config)

    def stop_with_parent() -> None:
        while os.read(sys.stdin.fileno(), 1):  # not sys.stdin.read(), whose lock would hinder the exit
            pass
        server.should_exit = True

    threading.Thread(target=stop_with_parent, daemon=True).start()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
