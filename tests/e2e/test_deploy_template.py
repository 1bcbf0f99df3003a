import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from maskinfra import layout
from maskservice.multipart import MULTIPART_TYPE
from maskservice.schemas import Problem
from maskservice.uploads import PICTURE_TYPES

Resource = dict[str, Any]

KEYLESS_ROUTES = {("GET", "/health")}
API_GATEWAY_TIMEOUT_S = 29


@pytest.fixture(scope="module")
def resources() -> dict[str, Resource]:
    """The template as SAM hands it to CloudFormation."""
    template = yaml_parse(layout.TEMPLATE.read_text())
    template["Resources"]["MaskFunction"]["Properties"]["CodeUri"] = "s3://bucket/key"  # as after an upload
    parameters = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        translated: dict[str, Any] = Translator({}, Parser()).translate(template, parameters)
    found: dict[str, Resource] = translated["Resources"]
    return found


def of_type(resources: dict[str, Resource], kind: str) -> dict[str, Any]:
    """The properties of the one resource of a type."""
    (resource,) = (resource for resource in resources.values() if resource["Type"] == kind)
    properties: dict[str, Any] = resource["Properties"]
    return properties


def routes(resources: dict[str, Resource]) -> dict[tuple[str, str], dict[str, Any]]:
    paths = of_type(resources, "AWS::ApiGateway::RestApi")["Body"]["paths"]
    operations = ((path, *pair) for path, item in paths.items() for pair in item.items())
    return {(method.upper(), path): operation for path, method, operation in operations}


def statements(resources: dict[str, Resource]) -> list[dict[str, Any]]:
    return [
        statement
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
    ]


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


def test_the_gateway_knows_the_applications_routes(resources: dict[str, Resource], app: FastAPI) -> None:
    documented = {
        (method.upper(), path) for path, operations in app.openapi()["paths"].items() for method in operations
    }
    assert routes(resources).keys() == documented | {("GET", "/openapi.json"), ("GET", "/docs")}


def test_every_route_but_health_needs_a_key(resources: dict[str, Resource]) -> None:
    schemes = of_type(resources, "AWS::ApiGateway::RestApi")["Body"]["components"]["securitySchemes"]
    assert schemes == {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    for route, operation in routes(resources).items():
        assert operation["security"] == ([] if route in KEYLESS_ROUTES else [{"api_key": []}]), route


def test_the_key_has_a_usage_plan(resources: dict[str, Resource]) -> None:
    plan = of_type(resources, "AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"]["RateLimit"] > 0
    assert plan["Throttle"]["BurstLimit"] > 0
    assert plan["Quota"]["Limit"] > 0
    assert plan["Quota"]["Period"] == "DAY"
    assert of_type(resources, "AWS::ApiGateway::UsagePlanKey")["KeyId"] == {"Ref": "MaskApiApiKey"}


def test_the_open_route_is_throttled(resources: dict[str, Resource]) -> None:
    settings = of_type(resources, "AWS::ApiGateway::Stage")["MethodSettings"]
    health = next(entry for entry in settings if entry["ResourcePath"] == "/~1health")
    assert 0 < health["ThrottlingRateLimit"] <= 10
    assert 0 < health["ThrottlingBurstLimit"] <= 20


def test_pictures_and_forms_are_binary_and_json_is_not(resources: dict[str, Resource]) -> None:
    api = of_type(resources, "AWS::ApiGateway::RestApi")
    assert api["BinaryMediaTypes"] == [*PICTURE_TYPES, MULTIPART_TYPE]
    assert api["Body"]["x-amazon-apigateway-binary-media-types"] == api["BinaryMediaTypes"]


def test_logs_are_kept_for_a_while(resources: dict[str, Resource]) -> None:
    groups = [resource for resource in resources.values() if resource["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) == 2
    for group in groups:
        assert group["Properties"]["RetentionInDays"] == 30


def test_the_access_log_holds_no_key_and_no_body(resources: dict[str, Resource]) -> None:
    stage = of_type(resources, "AWS::ApiGateway::Stage")
    line = stage["AccessLogSetting"]["Format"]
    assert json.loads(line)["apiKeyId"] == "$context.identity.apiKeyId"
    variables = set(re.findall(r"\$[\w.]+", line))
    assert "$context.identity.apiKey" not in variables
    assert not {variable for variable in variables if "body" in variable.lower() or "header" in variable}
    for settings in stage["MethodSettings"]:
        assert settings.get("LoggingLevel", "OFF") == "OFF"
        assert not settings.get("DataTraceEnabled", False)


def test_roles_allow_no_more_than_writing_their_own_log(resources: dict[str, Resource]) -> None:
    assert statements(resources) == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["MaskFunctionLogs", "Arn"]},
        }
    ]
    assert "*" not in json.dumps(statements(resources))


def test_what_the_gateway_refuses_is_a_problem_too(resources: dict[str, Resource]) -> None:
    api = of_type(resources, "AWS::ApiGateway::RestApi")["Body"]
    responses = api["x-amazon-apigateway-gateway-responses"]
    statuses = {kind: int(told["statusCode"]) for kind, told in responses.items() if "statusCode" in told}
    assert statuses == {
        "MISSING_AUTHENTICATION_TOKEN": 404,
        "INVALID_API_KEY": 403,
        "REQUEST_TOO_LARGE": 413,
        "THROTTLED": 429,
        "QUOTA_EXCEEDED": 429,
        "INTEGRATION_TIMEOUT": 504,
    }
    assert responses.keys() - statuses.keys() == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for kind, response in responses.items():
        headers = response["responseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        body = response["responseTemplates"]["application/json"]
        problem = json.loads(body.replace("$context.error.messageString", '"Forbidden"'))
        assert problem["instance"] == "$context.requestId"
        if kind in statuses:
            assert problem.keys() == Problem.model_fields.keys()
            assert problem["status"] == statuses[kind]
