"""Keys of integrators on the deployed stack: made, listed and revoked in its usage plan."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from maskinfra.errors import KeysError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient

USAGE_PLAN = "MaskApiUsagePlan"
"""The usage plan's name in the stack, which SAM makes of the API's."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STACKS_OWN = "aws:cloudformation:logical-id"

_ADVICE = {
    "AccessDenied": "your credentials may not do that; it takes apigateway:GET, POST and DELETE on /apikeys "
    "and /usageplans, and cloudformation:DescribeStackResource",
    "AccessDeniedException": "your credentials may not do that; it takes apigateway:GET, POST and DELETE on "
    "/apikeys and /usageplans, and cloudformation:DescribeStackResource",
    "ExpiredToken": "your credentials have expired; sign in again",
    "ExpiredTokenException": "your credentials have expired; sign in again",
    "LimitExceededException": "the account has as many keys as it may have; revoke some, or raise the quota",
    "TooManyRequestsException": "API Gateway asks to be called less often; try again in a minute",
}


@dataclass(frozen=True)
class Key:
    """A key, without its value.

    Attributes
    ----------
    id, name : str
        The gateway's, which stands in the access log, and ours.
    enabled : bool
        Whether the gateway accepts it.
    created : datetime
        With its time zone.
    stacks_own : bool
        Whether it is part of the stack, which alone may remove it.
    """

    id: str
    name: str
    enabled: bool
    created: datetime
    stacks_own: bool


@dataclass(frozen=True)
class Keys:
    """The keys of one stack: those in its usage plan, and no other.

    Every method raises ``KeysError``.

    Attributes
    ----------
    gateway : APIGatewayClient
        Of the account and region of the stack.
    plan : str
        Id of the usage plan.
    stack : str
        Its name, which new keys are tagged with.
    """

    gateway: "APIGatewayClient"
    plan: str
    stack: str

    @classmethod
    def of_stack(cls, stack: str, gateway: "APIGatewayClient", formation: "CloudFormationClient") -> "Keys":
        """Find the usage plan of a deployed stack."""
        with _explained(f"find the stack {stack!r}"):
            try:
                told = formation.describe_stack_resource(StackName=stack, LogicalResourceId=USAGE_PLAN)
            except ClientError as error:
                if _code(error) == "ValidationError":
                    raise KeysError(
                        f"There is no deployed stack {stack!r} with a usage plan in this account and region. "
                        "Name another with STACK=…, or look at AWS_PROFILE and AWS_DEFAULT_REGION."
                    ) from error
                raise
        return cls(gateway, told["StackResourceDetail"]["PhysicalResourceId"], stack)

    def create(self, name: str) -> str:
        """Make a key and return its value, which is shown this once."""
        if not _NAME.fullmatch(name):
            raise KeysError(
                f"{name!r} is no name for a key: up to 64 letters, digits, dots, hyphens and underscores."
            )
        if any(key.name == name for key in self.all()):
            raise KeysError(f"There is a key {name!r} already. Revoke it first, or take another name.")
        with _explained(f"make the key {name!r}"):
            made = self.gateway.create_api_key(
                name=name, enabled=True, tags={"Project": "maskcheck", "Stack": self.stack}
            )
            try:
                self.gateway.create_usage_plan_key(usagePlanId=self.plan, keyId=made["id"], keyType="API_KEY")
            except BaseException:
                self.gateway.delete_api_key(apiKey=made["id"])  # outside of a plan it would open nothing
                raise
        return made["value"]

    def all(self) -> list[Key]:
        """Return the keys, by name."""
        with _explained("list the keys"):
            pages = self.gateway.get_paginator("get_usage_plan_keys").paginate(usagePlanId=self.plan)
            ids = [entry["id"] for page in pages for entry in page["items"]]
            return sorted((self._describe(id_) for id_ in ids), key=lambda key: (key.name, key.id))

    def revoke(self, name: str) -> None:
        """Delete a key for good; whoever uses it is refused within a minute."""
        found = [key for key in self.all() if key.name == name]
        if not found:
            raise KeysError(f"There is no key {name!r}. `make keys` lists those there are.")
        if any(key.stacks_own for key in found):
            raise KeysError(
                f"The key {name!r} is part of the stack, which would miss it at the next deployment. "
                "Disable it in the console of API Gateway if nobody shall use it."
            )
        with _explained(f"revoke the key {name!r}"):
            for key in found:
                self.gateway.delete_usage_plan_key(usagePlanId=self.plan, keyId=key.id)
                self.gateway.delete_api_key(apiKey=key.id)

    def _describe(self, id_: str) -> Key:
        told = self.gateway.get_api_key(apiKey=id_, includeValue=False)
        return Key(
            id_,
            told.get("name", ""),
            told["enabled"],
            told["createdDate"],
            _STACKS_OWN in told.get("tags", {}),
        )


@contextmanager
def _explained(purpose: str) -> Iterator[None]:
    """Turn AWS's errors into ones that say what to do."""
    try:
        yield
    except NoCredentialsError as error:
        raise KeysError(f"Could not {purpose}: there are no AWS credentials. Set AWS_PROFILE.") from error
    except NoRegionError as error:
        raise KeysError(f"Could not {purpose}: no region. Set AWS_DEFAULT_REGION.") from error
    except ClientError as error:
        advice = _ADVICE.get(_code(error)) or f"{_code(error)}: {error.response['Error'].get('Message')}"
        raise KeysError(f"Could not {purpose}: {advice}.") from error
    except BotoCoreError as error:
        raise KeysError(f"Could not {purpose}: {error}.") from error


def _code(error: ClientError) -> str:
    return error.response["Error"].get("Code", "unknown")
