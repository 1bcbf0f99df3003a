"""Opens what commands that watch cameras need to ask the API about faces."""

import argparse
from contextlib import ExitStack

from rich.console import Console

from maskclient.camera.courier import Courier
from maskclient.commands.connection import address_of_api, client_of
from maskclient.retry import RetryPolicy
from maskclient.wire import ModelInfo

REQUEST_TIMEOUT = (2.0, 5.0)
"""Seconds for a connection, and for an answer: a function that starts cold takes a few."""
PROBE_TIMEOUT = (1.0, 1.4)
"""The same while the service does not answer and is looked at twice a second."""


def open_courier(
    options: argparse.Namespace, console: Console, stack: ExitStack
) -> tuple[Courier, ModelInfo]:
    """Return a running courier to the API that is asked for, and its model; the stack closes it.

    Raises
    ------
    MaskClientError
        If the API cannot be reached, or does not tell its model.
    """
    address, key = stack.enter_context(address_of_api(options, console))
    no_retry = RetryPolicy(tries=1)
    client = stack.enter_context(client_of(address, key, REQUEST_TIMEOUT, no_retry))
    probe = stack.enter_context(client_of(address, key, PROBE_TIMEOUT, no_retry))
    with client_of(address, key) as patient:
        model = patient.model()
    return stack.enter_context(Courier(client, probe)), model
