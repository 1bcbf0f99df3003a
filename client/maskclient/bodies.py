"""Reads answers with a limit on how long all of one takes, which requests does not know."""

from time import monotonic

import requests
import urllib3

LARGEST_ANSWER = 4 * 2**20
"""Bytes; an answer about 16 crops has some thousands."""
_PIECE = 2**16


def read_body(response: requests.Response, deadline: float) -> None:
    """Read an answer that was asked for with ``stream=True``, as ``requests`` would without.

    Its own time limit is for each byte: an answer that drips in could take for ever.

    Parameters
    ----------
    response : requests.Response
        Its ``content`` is there afterwards.
    deadline : float
        When all must have come, in seconds of `time.monotonic`.

    Raises
    ------
    requests.RequestException
        If the answer is cut, broken, too late, or larger than any that can be meant.
    """
    body = bytearray()
    try:
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if monotonic() > deadline:
                raise requests.ReadTimeout("The answer takes too long.")
            if len(body) > LARGEST_ANSWER:
                raise requests.ConnectionError(f"the answer has more than {LARGEST_ANSWER} bytes")
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error
    finally:
        response._content = bytes(body)  # noqa: SLF001 - what `content` reads; there is no other way in
        response.close()  # gives the connection back if all was read, and else gives it up
