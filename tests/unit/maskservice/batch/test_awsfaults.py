import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from maskservice.batch.awsfaults import code_of, fault_of, is_missing, is_taken, passing
from maskservice.batch.faults import Gone, TransientFault


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion", "404", "412", "PreconditionFailed", "405"])
def test_what_is_gone_stays_gone(code: str) -> None:
    assert isinstance(fault_of(client_error(code)), Gone)


@pytest.mark.parametrize(
    "error",
    [
        *[
            client_error(code)
            for code in ("SlowDown", "503", "InternalError", "AccessDenied", "NoSuchBucket")
        ],
        ReadTimeoutError(endpoint_url="https://bucket.s3"),
        EndpointConnectionError(endpoint_url="https://bucket.s3"),
        OSError("anything"),
    ],
)
def test_everything_else_may_pass(error: Exception) -> None:
    fault = fault_of(error)
    assert isinstance(fault, TransientFault)
    assert code_of(error) in fault.detail
    assert "bucket" not in fault.detail
    with pytest.raises(TransientFault), passing():
        raise error


def test_a_document_that_is_missing_or_there_is_no_fault() -> None:
    assert is_missing(client_error("404"))
    assert not is_missing(client_error("NoSuchBucket"))
    assert is_taken(client_error("PreconditionFailed"))
    assert not is_taken(client_error("ConditionalRequestConflict"))  # two at once: ask again
