"""What an error of AWS means for the input that met it; the one place that decides."""

from collections.abc import Iterator
from contextlib import contextmanager

from maskservice.batch.faults import BatchFault, Gone, TransientFault

_GONE = frozenset(
    {"NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed", "412", "MethodNotAllowed", "405"}
)
"""S3's codes for an object that was deleted (405: a delete marker is there) or replaced (412: another ETag).

Amazon S3 API Reference, "Error responses". HEAD has no body, so that its codes are the statuses.
"""


def code_of(error: Exception) -> str:
    """Return AWS's own name for an error, or else the class's: neither names a bucket or a key.

    Parameters
    ----------
    error : Exception
        Of botocore, or of what it uses.
    """
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(code) if code else type(error).__name__


def is_missing(error: Exception) -> bool:
    """Tell whether an error says that there is no such object.

    Parameters
    ----------
    error : Exception
        As above.
    """
    return code_of(error) in ("NoSuchKey", "404")


def is_taken(error: Exception) -> bool:
    """Tell whether an error says that a key to be written once was written before.

    Parameters
    ----------
    error : Exception
        As above.
    """
    return code_of(error) in ("PreconditionFailed", "412")


def fault_of(error: Exception) -> BatchFault:
    """Return what an error in reading an input means.

    What is not known to last may pass, as a missing permission does when somebody grants it: the
    queue tries again, and gives up in the end with the error's name.

    Parameters
    ----------
    error : Exception
        As above.
    """
    if code_of(error) in _GONE:
        return Gone("The object was deleted or replaced before it was read.")
    return transient(error)


def transient(error: Exception) -> TransientFault:
    """Return what an error means that leaves no doubt about the input.

    Parameters
    ----------
    error : Exception
        As above.
    """
    return TransientFault(f"AWS answered {code_of(error)}.")


@contextmanager
def passing() -> Iterator[None]:
    """Turn every error of AWS inside of the block into `TransientFault`."""
    try:
        yield
    except Exception as error:  # botocore's and urllib3's errors have no common base
        raise transient(error) from error
