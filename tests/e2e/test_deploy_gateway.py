import json
import re
from typing import Any

import pytest
from fastapi import FastAPI

from maskinfra import layout
from maskservice.multipart import MULTIPART_TYPE
from maskservice.schemas import Problem
from maskservice.uploads import PICTURE_TYPES
from maskservice.website import MEDIA_TYPES
from tests.e2e.templates import STACK, Resource, deployed, of_type

PAGE_ROUTES = {("GET", "/"), ("GET", "/web/{file+}")}
KEYLESS_ROUTES = {("GET", "/health"), *PAGE_ROUTES}


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
    assert routes(resources).keys() == documented | PAGE_ROUTES | {("GET", "/openapi.json"), ("GET", "/docs")}


def test_every_route_but_health_and_the_page_needs_a_key(resources: dict[str, Resource]) -> None:
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


def throttles(resources: dict[str, Resource]) -> dict[str, tuple[float, float]]:
    """Rate and burst of each route that has its own."""
    settings = of_type(resources, "AWS::ApiGateway::Stage")["MethodSettings"]
    return {
        entry["ResourcePath"].replace("~1", "/").replace("//", "/"): (
            entry["ThrottlingRateLimit"],
            entry["ThrottlingBurstLimit"],
        )
        for entry in settings
        if "ThrottlingRateLimit" in entry
    }


def test_every_open_route_is_throttled() -> None:
    told = throttles(deployed(ServeWeb="on"))
    assert told.keys() == {path for _, path in KEYLESS_ROUTES}
    assert all(0 < rate <= 30 and 0 < burst <= 100 for rate, burst in told.values())


def test_a_visit_to_the_page_is_not_turned_away() -> None:
    modules = [file for file in (layout.WEB / "web").rglob("*") if file.is_file()]
    _, burst = throttles(deployed(ServeWeb="on"))["/web/{file+}"]
    assert burst >= 2 * (len(modules) + 4)


def test_without_the_page_nobody_starts_the_function_without_a_key(resources: dict[str, Resource]) -> None:
    told = throttles(resources)
    assert [told[path] for _, path in sorted(PAGE_ROUTES)] == [(0, 0), (0, 0)]


def test_pictures_forms_and_the_pages_large_files_are_binary_and_json_is_not(
    resources: dict[str, Resource],
) -> None:
    api = of_type(resources, "AWS::ApiGateway::RestApi")
    packed = [MEDIA_TYPES[suffix] for suffix in (".wasm", ".onnx")]
    assert api["BinaryMediaTypes"] == [*PICTURE_TYPES, MULTIPART_TYPE, *packed]
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
