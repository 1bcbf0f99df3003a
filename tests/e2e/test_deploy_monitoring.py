import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from maskinfra import layout
from maskservice.metrics import DIMENSION, METRICS, NAMESPACE
from tests.e2e.templates import Resource, deployed, of_type, read, resources

PARTS = sorted(layout.INFRA.glob("*.yaml"))
ALARMS = layout.INFRA / "alarms.yaml"
ROLLBACK = layout.INFRA / "rollback.yaml"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:topic"
NAMES: dict[str, str | int] = {
    "FunctionName": "maskcheck-f",
    "ApiName": "maskcheck",
    "Service": "maskcheck",
    "LogGroup": "/aws/lambda/maskcheck-f",
    "AlarmEmail": "",
    "SlowestSeconds": 3,
    "Version": "7",
    "Topic": TOPIC,  # made in one part, and told to the other
}
AWS_METRICS = {
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "ConcurrentExecutions"},
    "AWS/ApiGateway": {"4XXError", "5XXError", "Latency"},
}


def alarms(*paths: Path) -> dict[str, dict[str, Any]]:
    return {
        f"{path.stem}.{name}": told["Properties"]
        for path in paths or (ALARMS, ROLLBACK)
        for name, told in resources(path, **NAMES).items()
        if told["Type"] == "AWS::CloudWatch::Alarm"
    }


def metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Every metric an alarm looks at, with its dimensions."""
    if "MetricName" in alarm:
        return [alarm]
    return [told["MetricStat"]["Metric"] for told in alarm["Metrics"] if "MetricStat" in told]


def known(namespace: str, name: str, dimensions: dict[str, str]) -> bool:
    if namespace == NAMESPACE:
        return name in METRICS and dimensions == {DIMENSION: "maskcheck"}
    return name in AWS_METRICS[namespace] and bool(dimensions)


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_the_parts_are_sound_by_themselves(path: Path) -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    result = subprocess.run([lint, path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_a_part_gets_the_parameters_that_it_has() -> None:
    found = deployed(AlarmEmail="door@example.org")
    stacks = [told["Properties"] for told in found.values() if told["Type"] == "AWS::CloudFormation::Stack"]
    assert len(stacks) == 4
    for stack in stacks:
        part = read(layout.ROOT / stack["TemplateURL"])
        assert stack["Parameters"].keys() == part["Parameters"].keys(), stack["TemplateURL"]


@pytest.mark.parametrize("name", alarms())
def test_an_alarm_tells_somebody_and_keeps_quiet_at_night(name: str) -> None:
    alarm = alarms()[name]
    assert alarm["AlarmActions"] == [TOPIC]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert len(alarm["AlarmDescription"]) > 30
    for metric in metrics(alarm):
        dimensions = {told["Name"]: told["Value"] for told in metric["Dimensions"]}
        assert known(metric["Namespace"], metric["MetricName"], dimensions), metric


def test_every_part_tells_the_one_topic() -> None:
    assert deployed()["Rollback"]["Properties"]["Parameters"]["Topic"] == {
        "Fn::GetAtt": ["Alarms", "Outputs.Topic"]
    }
    assert read(ALARMS)["Outputs"]["Topic"]["Value"] == {"Ref": "Topic"}
    assert read(ALARMS)["Resources"]["Topic"]["Type"] == "AWS::SNS::Topic"


def test_what_can_go_wrong_has_an_alarm() -> None:
    watched = {metric["MetricName"] for alarm in alarms(ALARMS).values() for metric in metrics(alarm)}
    assert watched >= {
        "Errors",
        "ServerErrors",
        "Duration",
        "Throttles",
        "5XXError",
        "ColdStart",
        "Uncertain",
        "ModelFallback",
    }


@pytest.mark.parametrize("name", ["Crashes", "Slow"])
def test_callers_are_watched_by_alias_and_a_deployment_by_version(name: str) -> None:
    alias = [
        {"Name": "FunctionName", "Value": "maskcheck-f"},
        {"Name": "Resource", "Value": "maskcheck-f:live"},
    ]
    (always,) = metrics(alarms()[f"alarms.{name}"])
    (meanwhile,) = metrics(alarms()[f"rollback.{name}"])
    assert always["Dimensions"] == alias
    assert meanwhile["Dimensions"] == [*alias, {"Name": "ExecutedVersion", "Value": "7"}]


@pytest.mark.parametrize("name", alarms(ROLLBACK))
def test_a_deployment_lasts_longer_than_its_alarms_need(name: str) -> None:
    alarm = alarms()[name]
    period = alarm.get("Period") or alarm["Metrics"][0]["MetricStat"]["Period"]
    late = 60  # seconds until Lambda's metrics are there
    assert late + alarm["EvaluationPeriods"] * period < 5 * 60


@pytest.mark.parametrize("name", alarms())
def test_an_alarms_expression_refers_to_its_metrics(name: str) -> None:
    entries = alarms()[name].get("Metrics", [])
    for entry in entries:
        if "Expression" in entry:
            assert set(re.findall(r"\b[a-z]\w*", entry["Expression"])) <= {told["Id"] for told in entries}
    assert sum(told.get("ReturnData", True) for told in entries) == bool(entries)


@pytest.mark.parametrize(("name", "few"), [("alarms.Uncertain", 50), ("alarms.ColdStarts", 20)])
def test_a_share_of_next_to_nothing_is_no_alarm(name: str, few: int) -> None:
    (expression,) = (told["Expression"] for told in alarms()[name]["Metrics"] if "Expression" in told)
    assert f">= {few}" in expression
    assert expression.endswith(", 0)")


def test_only_cloudwatch_of_this_account_writes_to_the_topic() -> None:
    (statement,) = of_type(resources(ALARMS, **NAMES), "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


@pytest.mark.parametrize("email", ["", "door@example.org"])
def test_mail_is_sent_where_there_is_an_address(email: str) -> None:
    subscribed = "Subscription" in resources(ALARMS, **{**NAMES, "AlarmEmail": email})
    assert subscribed is bool(email)


@pytest.mark.parametrize(
    ("email", "amount", "made"),
    [("", 50, False), ("door@example.org", 0, False), ("door@example.org", 50, True)],
)
def test_a_budget_needs_an_amount_and_an_address(email: str, amount: int, *, made: bool) -> None:
    found = deployed(AlarmEmail=email, MonthlyBudget=amount)
    assert ("Budget" in found) is made


def test_the_budget_counts_the_projects_tag() -> None:
    told = resources(layout.INFRA / "budget.yaml", AlarmEmail="door@example.org", MonthlyBudget=20)
    budget = of_type(told, "AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 20, "Unit": "USD"}
    assert budget["Budget"]["CostFilters"] == {"TagKeyValue": ["user:Project$maskcheck"]}
    kinds = {told["Notification"]["NotificationType"] for told in budget["NotificationsWithSubscribers"]}
    assert kinds == {"ACTUAL", "FORECASTED"}


def widgets() -> list[dict[str, Any]]:
    found: dict[str, Resource] = resources(layout.INFRA / "dashboard.yaml", **NAMES)
    body = of_type(found, "AWS::CloudWatch::Dashboard")["DashboardBody"]
    told: list[dict[str, Any]] = json.loads(body)["widgets"]
    return told


def test_the_dashboard_shows_metrics_that_there_are() -> None:
    shown = set()
    for widget in widgets():
        for entry in widget["properties"].get("metrics", ()):
            if isinstance(entry[0], dict):
                continue  # an expression
            namespace, name, key, value = entry[:4]
            assert known(namespace, name, {key: value}), entry
            shown.add(name)
    assert METRICS.keys() <= shown
    assert shown >= {"Errors", "Duration", "Throttles"}


def test_the_dashboards_expressions_refer_to_its_metrics() -> None:
    for widget in widgets():
        entries = widget["properties"].get("metrics", ())
        names = {entry[-1]["id"] for entry in entries if isinstance(entry[-1], dict) and "id" in entry[-1]}
        for entry in entries:
            if isinstance(entry[0], dict):
                assert set(re.findall(r"[a-z]+", entry[0]["expression"])) <= names


def test_no_widget_lies_on_another() -> None:
    cells: set[tuple[int, int]] = set()
    for widget in widgets():
        place = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not place & cells
        cells |= place
    assert max(x for x, _ in cells) < 24
