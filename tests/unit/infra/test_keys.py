from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

import keys as command
from maskinfra.errors import KeysError
from maskinfra.keys import USAGE_PLAN, Keys
from tests.e2e.templates import deployed

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

STACK = "maskcheck"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def gateway() -> "APIGatewayClient":
    return boto3.client("apigateway")


@pytest.fixture
def keys(gateway: "APIGatewayClient") -> Keys:
    """The keys of a stack beside another one, whose keys are none of its business."""
    plans = [gateway.create_usage_plan(name=name)["id"] for name in ("ours", "another")]
    theirs = gateway.create_api_key(name="their-door")["id"]
    gateway.create_usage_plan_key(usagePlanId=plans[1], keyId=theirs, keyType="API_KEY")
    return Keys(gateway, plans[0], STACK)


def code_of(caught: pytest.ExceptionInfo[KeysError]) -> str:
    cause = caught.value.__cause__
    assert isinstance(cause, ClientError)
    return str(cause.response["Error"]["Code"])


def test_a_key_is_made_in_the_plan_and_shown_once(keys: Keys) -> None:
    value = keys.create("door-12")
    (key,) = keys.all()
    stored = keys.gateway.get_api_key(apiKey=key.id, includeValue=True)
    assert stored["value"] == value
    assert stored["tags"] == {"Project": "maskcheck", "Stack": STACK}
    assert (key.name, key.enabled, key.stacks_own) == ("door-12", True, False)
    assert value not in repr(keys.all())


def test_keys_are_listed_by_name_and_only_those_of_the_plan(keys: Keys) -> None:
    for name in ("door-2", "door-1"):
        keys.create(name)
    assert [key.name for key in keys.all()] == ["door-1", "door-2"]


def test_a_revoked_key_is_gone(keys: Keys) -> None:
    for name in ("door-1", "door-2"):
        keys.create(name)
    keys.revoke("door-1")
    assert [key.name for key in keys.all()] == ["door-2"]
    assert {entry["name"] for entry in keys.gateway.get_api_keys()["items"]} == {"door-2", "their-door"}
    assert keys.create("door-1")


def test_a_name_is_taken_once(keys: Keys) -> None:
    keys.create("door-12")
    with pytest.raises(KeysError, match="already"):
        keys.create("door-12")


@pytest.mark.parametrize("name", ["", "door 12", "-door", "d" * 65, "door/12"])
def test_a_name_that_is_none_is_refused(keys: Keys, name: str) -> None:
    with pytest.raises(KeysError, match="is no name for a key"):
        keys.create(name)


def test_a_key_of_another_plan_cannot_be_revoked(keys: Keys) -> None:
    with pytest.raises(KeysError, match=r"no key 'their-door'\. `make keys`"):
        keys.revoke("their-door")


def test_the_stacks_own_key_is_left_to_the_stack(keys: Keys) -> None:
    own = keys.gateway.create_api_key(name="own", tags={"aws:cloudformation:logical-id": "MaskApiApiKey"})[
        "id"
    ]
    keys.gateway.create_usage_plan_key(usagePlanId=keys.plan, keyId=own, keyType="API_KEY")
    with pytest.raises(KeysError, match="part of the stack"):
        keys.revoke("own")
    assert keys.all()[0].stacks_own


def test_a_key_that_fits_no_plan_does_not_stay_behind(gateway: "APIGatewayClient") -> None:
    with Stubber(gateway) as stub:
        stub.add_response("get_usage_plan_keys", {"items": []})
        stub.add_response("create_api_key", {"id": "k1", "value": "secret"})
        stub.add_client_error("create_usage_plan_key", "LimitExceededException")
        stub.add_response("delete_api_key", {}, {"apiKey": "k1"})
        with pytest.raises(KeysError, match="as many keys as it may have") as caught:
            Keys(gateway, "plan", STACK).create("door-12")
        stub.assert_no_pending_responses()
    assert "secret" not in str(caught.value)


def test_long_lists_come_in_pages(gateway: "APIGatewayClient") -> None:
    """Moto sends everything at once, so the pages are ours."""
    described: dict[str, Any] = {"enabled": True, "createdDate": "2026-01-01T00:00:00Z"}
    with Stubber(gateway) as stub:
        for position, more in ((None, "2"), ("2", None)):
            page = {"items": [{"id": f"k{position}", "name": "n", "value": "secret"}]}
            asked: dict[str, Any] = {"usagePlanId": "plan", **({"position": position} if position else {})}
            stub.add_response("get_usage_plan_keys", {**page, **({"position": more} if more else {})}, asked)
        for id_ in ("kNone", "k2"):
            stub.add_response(
                "get_api_key", {**described, "name": id_}, {"apiKey": id_, "includeValue": False}
            )
        assert [key.name for key in Keys(gateway, "plan", STACK).all()] == ["k2", "kNone"]
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDeniedException", "it takes apigateway:GET"),
        ("TooManyRequestsException", "try again in a minute"),
        ("SomethingElse", "SomethingElse: because"),
    ],
)
def test_what_the_gateway_refuses_is_told(gateway: "APIGatewayClient", code: str, told: str) -> None:
    with Stubber(gateway) as stub:
        stub.add_client_error("get_usage_plan_keys", code, "because")
        with pytest.raises(KeysError, match=told) as caught:
            Keys(gateway, "plan", STACK).all()
    assert code_of(caught) == code


def test_the_plan_is_found_in_the_stack(gateway: "APIGatewayClient") -> None:
    """Moto's CloudFormation makes no usage plans."""
    formation = boto3.client("cloudformation")
    detail = {
        "LogicalResourceId": USAGE_PLAN,
        "ResourceType": "AWS::ApiGateway::UsagePlan",
        "LastUpdatedTimestamp": "2026-01-01T00:00:00Z",
        "ResourceStatus": "CREATE_COMPLETE",
        "PhysicalResourceId": "plan-7",
    }
    with Stubber(formation) as stub:
        asked = {"StackName": STACK, "LogicalResourceId": USAGE_PLAN}
        stub.add_response("describe_stack_resource", {"StackResourceDetail": detail}, asked)
        assert Keys.of_stack(STACK, gateway, formation).plan == "plan-7"


def test_a_stack_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list", "--stack", "elsewhere"]) == 2
    assert "no deployed stack 'elsewhere'" in capsys.readouterr().err


def test_no_region_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert command.main(["list"]) == 2
    assert "AWS_DEFAULT_REGION" in capsys.readouterr().err


def test_a_name_is_asked_for() -> None:
    with pytest.raises(SystemExit):
        command.main(["create", ""])


def test_the_command_makes_lists_and_revokes(
    keys: Keys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_keys", lambda _: keys)
    assert command.main(["create", "door-12"]) == 0
    shown = capsys.readouterr()
    value = shown.out.strip()
    assert "only time" in shown.err
    assert command.main(["list"]) == 0
    listed = capsys.readouterr().out
    assert "door-12" in listed
    assert value not in listed
    assert command.main(["revoke", "door-12"]) == 0
    assert "door-12 is revoked" in capsys.readouterr().out
    assert keys.all() == []


def test_the_usage_plans_name_in_the_stack_is_the_templates() -> None:
    assert deployed()[USAGE_PLAN]["Type"] == "AWS::ApiGateway::UsagePlan"
