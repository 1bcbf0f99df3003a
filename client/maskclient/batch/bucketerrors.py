"""What went wrong with a bucket, told to the person who can mend it."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from maskclient.errors import BatchFailed

# What no other picture would fare better with.
_HOPELESS = frozenset(
    {
        "301",
        "403",
        "404",
        "AccessDenied",
        "AllAccessDisabled",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "NoSuchBucket",
        "PermanentRedirect",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_ELSEWHERE = frozenset({"301", "AuthorizationHeaderMalformed", "PermanentRedirect"})


class BucketTroubled(BatchFailed):
    """S3 could not do something that it may well do a little later."""


def code_of(error: Exception) -> str:
    """Return S3's code of an error; empty where S3 did not answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_hopeless(error: Exception) -> bool:
    """Say whether the next request would meet the same fate, whatever it is about."""
    return code_of(error) in _HOPELESS or isinstance(
        error, NoCredentialsError | PartialCredentialsError | ProfileNotFound
    )


def failure(error: Exception, bucket: str, doing: str) -> BatchFailed:
    """Return the error to raise.

    Parameters
    ----------
    error : Exception
        Of botocore or boto3.
    bucket : str
        Its name.
    doing : str
        What was tried, such as ``writing``.
    """
    kind = BatchFailed if is_hopeless(error) else BucketTroubled
    return kind(f"{_what(error, bucket, doing)} The same command goes on from here.")


def _what(error: Exception, bucket: str, doing: str) -> str:
    code = code_of(error)
    if code in {"404", "NoSuchBucket"}:
        return f"There is no bucket {bucket}. The stack of infra/batch.yaml tells its name among its outputs."
    if code in _ELSEWHERE and isinstance(error, ClientError):
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = error.response.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region")
        return f"The bucket {bucket} lies in {region or 'another region'}; name it with --region."
    if code in _CREDENTIALS:
        return (
            f"AWS does not accept these credentials ({code}). Sign in anew, or choose others with --profile."
        )
    if code in {"403", "AccessDenied"}:
        return f"These credentials do not allow {doing} in {bucket}. {_said(error)}".rstrip()
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no AWS credentials. Run `aws configure` or `aws sso login`, or name a --profile."
    if isinstance(error, ProfileNotFound):
        return f"{error}."
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return f"S3 cannot be reached: {error}"
    if isinstance(error, BotoCoreError) and "SSO" in type(error).__name__:
        return f"The sign-in has ended: {error} Run `aws sso login`."
    return f"S3 failed while {doing} in {bucket}: {error}."


def _said(error: Exception) -> str:
    message = (
        str(error.response.get("Error", {}).get("Message", "")) if isinstance(error, ClientError) else ""
    )
    return "" if message in {"", "Forbidden", "Access Denied"} else f"AWS says: {message}"
