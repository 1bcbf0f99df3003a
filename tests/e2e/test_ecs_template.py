import json
import re
from typing import Any

import pytest

from maskinfra import layout
from tests.e2e.templates import Resource, of_type, read, resources, statements
from tests.e2e.test_container import DOCKERFILE, PORT

ECS = layout.INFRA / "ecs.yaml"
KEY = "k" * 40
GIVEN: dict[str, str | int] = {
    "Image": "registry/maskcheck@sha256:00",
    "VpcId": "vpc-1",
    "BalancerSubnets": "subnet-1,subnet-2",
    "TaskSubnets": "subnet-3,subnet-4",
    "CertificateArn": "arn:aws:acm:eu-central-1:111122223333:certificate/1",
    "ApiKey": KEY,
}


@pytest.fixture(scope="module")
def found() -> dict[str, Resource]:
    return resources(ECS, **GIVEN)


def container(found: dict[str, Resource]) -> dict[str, Any]:
    (told,) = of_type(found, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    definition: dict[str, Any] = told
    return definition


def test_the_container_is_confined(found: dict[str, Resource]) -> None:
    told = container(found)
    assert told["ReadonlyRootFilesystem"] is True
    assert told["User"] in DOCKERFILE.read_text()
    assert told["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert [mount["ContainerPath"] for mount in told["MountPoints"]] == ["/tmp"]  # noqa: S108 (in the container)
    assert told["PortMappings"] == [{"ContainerPort": int(PORT)}]
    assert f":{PORT}/health" in told["HealthCheck"]["Command"][-1]


def test_a_task_stops_after_its_requests(found: dict[str, Resource]) -> None:
    graceful = re.search(r'"--timeout-graceful-shutdown", "(\d+)"', DOCKERFILE.read_text())
    assert graceful is not None
    assert int(graceful[1]) < container(found)["StopTimeout"]


def test_nobody_calls_without_the_key(found: dict[str, Resource]) -> None:
    listener = of_type(found, "AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    (refusal,) = listener["DefaultActions"]
    assert refusal["Type"] == "fixed-response"
    assert refusal["FixedResponseConfig"]["StatusCode"] == "403"
    assert json.loads(refusal["FixedResponseConfig"]["MessageBody"])["status"] == 403
    rule = of_type(found, "AWS::ElasticLoadBalancingV2::ListenerRule")
    (condition,) = rule["Conditions"]
    assert condition["HttpHeaderConfig"] == {"HttpHeaderName": "x-api-key", "Values": [KEY]}


def test_the_key_is_long_hidden_and_no_wildcard() -> None:
    parameter = read(ECS)["Parameters"]["ApiKey"]
    assert parameter["NoEcho"] is True
    assert parameter["MinLength"] >= 32
    assert "Default" not in parameter
    assert re.fullmatch(parameter["AllowedPattern"], KEY)
    assert not re.fullmatch(parameter["AllowedPattern"], "*" * 40)


def test_it_stays_inside_the_network_unless_told_otherwise(found: dict[str, Resource]) -> None:
    assert of_type(found, "AWS::ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internal"
    (calls,) = found["TaskGroup"]["Properties"]["SecurityGroupIngress"]
    assert calls["SourceSecurityGroupId"] == {"Ref": "BalancerGroup"}
    network = of_type(found, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"


def test_a_task_may_do_nothing_or_read_its_registry(found: dict[str, Resource]) -> None:
    assert statements(found) == []
    (reading,) = statements(resources(ECS, **GIVEN, ModelUri="s3://our-models/masks"))
    assert reading["Action"] == "s3:GetObject"
    assert reading["Resource"] == [
        "arn:aws:s3:::our-models/masks/versions/*",
        "arn:aws:s3:::our-models/masks/aliases/*",
    ]


def test_a_deployment_that_fails_is_taken_back(found: dict[str, Resource]) -> None:
    told = of_type(found, "AWS::ECS::Service")["DeploymentConfiguration"]
    assert told["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert told["Alarms"] == {"Enable": True, "Rollback": True, "AlarmNames": [{"Ref": "ServerErrors"}]}


def test_it_scales(found: dict[str, Resource]) -> None:
    target = of_type(found, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert 2 <= target["MinCapacity"] < target["MaxCapacity"]
    policy = of_type(found, "AWS::ApplicationAutoScaling::ScalingPolicy")
    assert policy["PolicyType"] == "TargetTrackingScaling"


def test_connections_outlive_the_load_balancers(found: dict[str, Resource]) -> None:
    """Otherwise the balancer writes into connections that the server has just closed, and answers 502."""
    balancer = of_type(found, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {told["Key"]: told["Value"] for told in balancer["LoadBalancerAttributes"]}
    kept = re.search(r'"--timeout-keep-alive", "(\d+)"', DOCKERFILE.read_text())
    assert kept is not None
    assert int(kept[1]) > int(attributes["idle_timeout.timeout_seconds"])


def test_logs_are_kept_for_a_while(found: dict[str, Resource]) -> None:
    assert of_type(found, "AWS::Logs::LogGroup")["RetentionInDays"] == 30
