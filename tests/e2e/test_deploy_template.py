import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from maskinfra import layout
from maskservice.settings import Settings
from tests.e2e.templates import STACK, Evaluator, Resource, deployed, of_type, read, statements

API_GATEWAY_TIMEOUT_S = 29
REGISTRY = "s3://our-models/masks/v2"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0123456789ab"


@pytest.fixture(scope="module")
def resources() -> dict[str, Resource]:
    return deployed()


def test_sam_finds_nothing_to_complain_about() -> None:
    sam = Path(sys.executable).with_name("sam")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment["SAM_CLI_TELEMETRY"] = "0"
    command: list[str | Path] = [sam, "validate", "--lint", "--template-file", layout.TEMPLATE]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_function(resources: dict[str, Resource]) -> None:
    function = of_type(resources, "AWS::Lambda::Function")
    assert function["Runtime"] == "python3.13"
    assert function["Handler"] == "maskservice.handler.handler"
    assert function["Architectures"] == ["x86_64"]
    assert function["MemorySize"] == 1769
    assert function["Timeout"] < API_GATEWAY_TIMEOUT_S
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": "MaskFunctionLogs"}}
    assert function["TracingConfig"] == {"Mode": "Active"}


def test_parameters_reach_the_function() -> None:
    function = of_type(
        deployed(Architecture="arm64", MemorySize=1024, SnapStart="off"), "AWS::Lambda::Function"
    )
    assert (function["Architectures"], function["MemorySize"]) == (["arm64"], 1024)
    assert function["SnapStart"] == {"ApplyOn": "None"}


def test_the_environment_is_what_the_function_reads() -> None:
    found = deployed(ModelUri=REGISTRY, ModelVersion="1.2.0", LogLevel="WARNING")
    settings = Settings.from_environment(of_type(found, "AWS::Lambda::Function")["Environment"]["Variables"])
    assert settings.service == STACK
    assert settings.log_level == "WARNING"
    assert settings.registry_entry is not None
    assert settings.registry_entry.pointer == "masks/v2/versions/1.2.0/manifest.json"
    bundled = of_type(deployed(), "AWS::Lambda::Function")["Environment"]["Variables"]
    assert Settings.from_environment(bundled).registry_entry is None


def test_the_page_is_served_where_the_parameter_says_so() -> None:
    served = {}
    for told in ("on", "off"):
        variables = of_type(deployed(ServeWeb=told), "AWS::Lambda::Function")["Environment"]["Variables"]
        served[told] = Settings.from_environment(variables).site is not None
    assert served == {"on": True, "off": False}
    assert parameters()["ServeWeb"]["Default"] == "off"
    configuration = tomllib.loads((layout.ROOT / "samconfig.toml").read_text())
    assert configuration["default"]["local_start_api"]["parameters"]["parameter_overrides"] == "ServeWeb=on"


def test_versions_are_published_from_snapshots_behind_an_alias(resources: dict[str, Resource]) -> None:
    assert of_type(resources, "AWS::Lambda::Function")["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    alias = of_type(resources, "AWS::Lambda::Alias")
    assert alias["Name"] == "live"
    version, attribute = alias["FunctionVersion"]["Fn::GetAtt"]
    assert resources[version]["Type"] == "AWS::Lambda::Version"
    assert attribute == "Version"


def test_a_new_revision_is_a_new_version() -> None:
    """Otherwise the alias would go on with the settings and the model of the old one."""

    def version(revision: str) -> str:
        found = deployed(Revision=revision)
        return next(name for name, told in found.items() if told["Type"] == "AWS::Lambda::Version")

    assert len({version(digit * 64) for digit in "abc"}) == 3


def test_a_new_version_takes_over_step_by_step_and_alarms_take_it_back(
    resources: dict[str, Resource],
) -> None:
    group = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    assert group["AlarmConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    named = [alarm["Name"]["Fn::GetAtt"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    assert named == [
        ["Rollback", "Outputs.Crashes"],
        ["Rollback", "Outputs.Slow"],
        ["Alarms", "Outputs.ServerErrors"],
    ]
    for stack, output in named:
        part = read(layout.ROOT / resources[stack]["Properties"]["TemplateURL"])
        alarm = part["Outputs"][output.removeprefix("Outputs.")]["Value"]["Ref"]
        assert part["Resources"][alarm]["Type"] == "AWS::CloudWatch::Alarm"
    update = resources["MaskFunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["DeploymentGroupName"] == {"Ref": "MaskFunctionDeploymentGroup"}


def test_the_alarms_that_take_back_watch_the_version_that_takes_over(resources: dict[str, Resource]) -> None:
    alias = of_type(resources, "AWS::Lambda::Alias")
    assert resources["Rollback"]["Properties"]["Parameters"]["Version"] == alias["FunctionVersion"]


def test_no_alarm_keeps_out_a_version_that_takes_over_at_once() -> None:
    group = of_type(deployed(Deployment="AllAtOnce"), "AWS::CodeDeploy::DeploymentGroup")
    assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
    assert group["AlarmConfiguration"] == {}


def test_no_snapshot_outlives_its_service(resources: dict[str, Resource]) -> None:
    (version,) = (told for told in resources.values() if told["Type"] == "AWS::Lambda::Version")
    assert version["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("days", [7, 365])
def test_logs_are_kept_as_long_as_the_parameter_says(days: int) -> None:
    found = deployed(LogRetentionDays=days)
    groups = [resource for resource in found.values() if resource["Type"] == "AWS::Logs::LogGroup"]
    assert [group["Properties"]["RetentionInDays"] for group in groups] == [days, days]


def test_with_the_bundled_model_the_role_writes_its_log_and_no_more(resources: dict[str, Resource]) -> None:
    assert statements(resources) == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["MaskFunctionLogs", "Arn"]},
        }
    ]


@pytest.mark.parametrize(
    ("uri", "root"), [(REGISTRY, "our-models/masks/v2"), ("s3://our-models", "our-models")]
)
def test_with_a_registry_it_also_reads_that_registry(uri: str, root: str) -> None:
    _, reading = statements(deployed(ModelUri=uri))
    assert reading == {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{root}/versions/*", f"arn:aws:s3:::{root}/aliases/*"],
    }


def test_with_a_key_it_also_decrypts_with_that_key() -> None:
    *_, decrypting = statements(deployed(ModelUri=REGISTRY, ModelKeyArn=KEY))
    assert decrypting == {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}
    assert len(statements(deployed(ModelKeyArn=KEY))) == 1  # the bundled model is not encrypted


@pytest.mark.parametrize("uri", ["", REGISTRY])
def test_the_registry_is_selected_even_where_there_is_none(uri: str) -> None:
    """CloudFormation may work out the branch of an If that is not taken."""
    policies = read(layout.TEMPLATE)["Resources"]["MaskFunctionRole"]["Properties"]["Policies"]
    (reading,) = (
        told["Fn::If"][1] for told in policies if told.get("Fn::If", [""])[0] == "ModelFromRegistry"
    )
    evaluator = Evaluator(read(layout.TEMPLATE), {"ModelUri": uri})
    (statement,) = evaluator.of(reading)["PolicyDocument"]["Statement"]
    assert statement["Resource"][0] == f"arn:aws:s3:::{uri.removeprefix('s3://')}/versions/*"


def test_no_policy_allows_any_action_or_any_resource() -> None:
    for statement in statements(deployed(ModelUri=REGISTRY, ModelKeyArn=KEY)):
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        assert not [action for action in actions if "*" in action]
        for resource in (
            statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        ):
            assert not re.match(r"^\*|^arn:aws:s3:::\*|^arn:aws:s3:::[^/]*\*", str(resource))


def test_managed_policies_are_those_that_no_policy_of_ours_could_narrow(
    resources: dict[str, Resource],
) -> None:
    roles = {name: told["Properties"] for name, told in resources.items() if told["Type"] == "AWS::IAM::Role"}
    managed = {
        name: [arn.rpartition("/")[2] for arn in role.get("ManagedPolicyArns", ())]
        for name, role in roles.items()
    }
    assert managed == {
        "MaskFunctionRole": ["AWSXRayDaemonWriteAccess"],
        "GatewayLogsAccountRole": ["AmazonAPIGatewayPushToCloudWatchLogs"],
        "CodeDeployServiceRole": ["AWSCodeDeployRoleForLambda"],
    }


def test_what_is_paid_for_bears_the_tag_that_the_budget_counts(resources: dict[str, Resource]) -> None:
    for kind in ("AWS::Lambda::Function", "AWS::ApiGateway::Stage"):
        assert {"Key": "Project", "Value": "maskcheck"} in of_type(resources, kind)["Tags"], kind
    assert 'tags = "Project=maskcheck"' in (layout.ROOT / "samconfig.toml").read_text()


def parameters() -> dict[str, Any]:
    told: dict[str, Any] = read(layout.TEMPLATE)["Parameters"]
    return told


@pytest.mark.parametrize("name", parameters())
def test_every_parameter_has_a_default_and_says_what_it_does(name: str) -> None:
    parameter = parameters()[name]
    assert "Default" in parameter
    assert len(parameter["Description"]) > 20
    groups = read(layout.TEMPLATE)["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sum(name in group["Parameters"] for group in groups) == 1


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "ModelUri",
            ["", "s3://models", "s3://our-models/masks/v2"],
            ["models", "s3://models/", "s3://m/a*"],
        ),
        ("ModelVersion", ["1.2.0", "1.2.0-rc.1", "production"], ["", "v1.2", "Production", "1.2.0/.."]),
        ("AlarmEmail", ["", "door@example.org"], ["door", "a b@example.org"]),
        ("ModelKeyArn", ["", KEY], ["*", "alias/models", KEY.replace("key/", "alias/"), f"{KEY}*"]),
    ],
)
def test_parameters_are_checked_before_anything_is_made(name: str, good: list[str], bad: list[str]) -> None:
    pattern = parameters()[name]["AllowedPattern"]
    assert all(re.fullmatch(pattern, value) for value in good)
    assert not [value for value in bad if re.fullmatch(pattern, value)]


def test_nothing_waits_for_an_answer_later() -> None:
    """Were a call asynchronous, it would need a dead-letter queue."""
    events = read(layout.TEMPLATE)["Resources"]["MaskFunction"]["Properties"]["Events"].values()
    assert {event["Type"] for event in events} == {"Api"}
    assert "EventInvokeConfig" not in json.dumps(deployed())
