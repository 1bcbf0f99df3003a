"""The options that say which API is asked, and the connection they amount to."""

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from maskclient.api import DEFAULT_TIMEOUT, MaskCheckClient
from maskclient.detectors import DEFAULT_DETECTOR, DETECTORS
from maskclient.errors import MaskClientError
from maskclient.local import local_service
from maskclient.retry import RetryPolicy

LOCAL = "local"
API_VARIABLE = "MASKCHECK_API"
KEY_VARIABLE = "MASKCHECK_API_KEY"


def add_api_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--api`` and ``--api-key``."""
    parser.add_argument(
        "--api",
        metavar="URL",
        help=f'address of the API, or "{LOCAL}" (default) to run it on this computer for the while',
    )
    parser.add_argument("--api-key", metavar="KEY", help="key of a deployed API")


def add_detector_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--detector`` and ``--detector-model``."""
    parser.add_argument(
        "--detector",
        choices=sorted(DETECTORS),
        default=DEFAULT_DETECTOR,
        help="what finds the faces (default: %(default)s)",
    )
    parser.add_argument(
        "--detector-model",
        type=Path,
        metavar="PATH",
        help="model file of the detector, if it is not the usual one",
    )


@contextmanager
def address_of_api(options: argparse.Namespace, console: Console) -> Iterator[tuple[str, str | None]]:
    """Yield address and key of the API that is asked for, which runs here meanwhile if it is to."""
    address = options.api or os.environ.get(API_VARIABLE) or LOCAL
    key = options.api_key or os.environ.get(KEY_VARIABLE) or None
    if address != LOCAL:
        yield address, key
        return
    with ExitStack() as stack:
        with console.status("Starting the function on this computer"):
            service = stack.enter_context(local_service())
        yield service.url, None


def client_of(
    address: str,
    key: str | None,
    timeout: tuple[float, float] = DEFAULT_TIMEOUT,
    retry: RetryPolicy | None = None,
) -> MaskCheckClient:
    """Return a client, or raise `MaskClientError` for an address or a key that cannot be used."""
    try:
        return MaskCheckClient(address, key, timeout, retry)
    except ValueError as error:
        raise MaskClientError(str(error)) from error


def messages_console() -> Console:
    """Return the console for messages: standard error, since standard output is for results."""
    return Console(stderr=True, highlight=False, soft_wrap=True)
