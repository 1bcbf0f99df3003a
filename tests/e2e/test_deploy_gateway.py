import json
import re
from typing import Any

import pytest
from fastapi import FastAPI

from maskservice.multipart import MULTIPART_TYPE
from maskservice.schemas import Problem
from maskservice.uploads import PICTURE_TYPES
from tests.e2e.templates import STACK, Resource, deployed, of_type

KEYLESS_ROUTES = {("GET", "/health")}


@pytest.fixture(scope="module")
def resources() -> dict[str, Resource]:
    return deployed()


def routes(resources: dict[str, Resource]) -> dict[tuple[str, str], dict[str, Any]]:
    paths = of_type(resources, "AWS::ApiGateway::RestApi")["Body"]["paths"]
    operations = ((path, *pair) for path, item in paths.items() for pair in item.items())
    return {(method.upper(), path): operation for path, method, operation in operations}


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


def test_every_route_calls_the_alias(resources: dict[str, Resource]) -> None:
    for route, operation in routes(resources).items():
        uri = str(operation["x-amazon-apigateway-integration"]["uri"])
        assert "functions/${MaskFunctionAliaslive}/invocations" in uri, route
    permissions = [
        told["Properties"] for told in resources.values() if told["Type"] == "AWS::Lambda::Permission"
    ]
    assert len(permissions) == len(routes(resources))
    assert {str(told["FunctionName"]) for told in permissions} == {str({"Ref": "MaskFunctionAliaslive"})}


def test_the_gateway_is_traced_and_bears_the_stacks_name(resources: dict[str, Resource]) -> None:
    assert of_type(resources, "AWS::ApiGateway::Stage")["TracingEnabled"] is True
    assert of_type(resources, "AWS::ApiGateway::RestApi")["Body"]["info"]["title"] == STACK


def test_the_usage_plan_follows_its_parameters() -> None:
    plan = of_type(
        deployed(RequestsPerSecond=3, RequestBurst=7, RequestsPerDay=500), "AWS::ApiGateway::UsagePlan"
    )
    assert plan["Throttle"] == {"RateLimit": 3, "BurstLimit": 7}
    assert plan["Quota"] == {"Limit": 500, "Period": "DAY"}
