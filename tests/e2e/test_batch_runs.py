import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from maskinfra.stacks import BATCH
from maskservice.batch.attempts import MOST_DEATHS
from maskservice.batch.messages import BadMessage
from tests.e2e.templates import STACK, Resource, actions, deployed, of_type, places, properties, read


@pytest.fixture(scope="module")
def found() -> dict[str, Resource]:
    return deployed(BATCH)


@pytest.fixture(scope="module")
def everything() -> dict[str, Resource]:
    return deployed(BATCH, Manifests="on", AlarmEmail="door@example.org")


def machine(**parameters: str | int) -> dict[str, Any]:
    found = deployed(BATCH, Manifests="on", **parameters)
    definition: dict[str, Any] = json.loads(properties(found, "ManifestRuns")["DefinitionString"])
    return definition


def linted(definition: dict[str, Any], folder: Path) -> str:
    """What the linter says of a state machine; it does not look into a text with parameters in it."""
    text = re.sub(r"\$\{[\w.]+\}", "name", json.dumps(definition))
    machine = {"RoleArn": "arn:aws:iam::111122223333:role/run", "DefinitionString": text}
    template = folder / "template.json"
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}
    template.write_text(json.dumps({"Resources": {"Machine": resource}}))
    lint = Path(sys.executable).with_name("cfn-lint")
    return subprocess.run([lint, template], capture_output=True, text=True, check=False).stdout


def test_the_state_machine_has_the_form_that_step_functions_takes(tmp_path: Path) -> None:
    assert not linted(machine(), tmp_path)
    broken = machine()
    del broken["States"]["Judge"]["ItemProcessor"]
    assert "ItemProcessor" in linted(broken, tmp_path)


def test_a_manifest_is_judged_in_batches_with_retries() -> None:
    (state,) = machine(ManifestConcurrency=500, ToleratedFailurePercentage=2)["States"].values()
    assert state["Type"] == "Map"
    assert state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert (state["MaxConcurrency"], state["ToleratedFailurePercentage"]) == (500, 2)
    assert state["ItemBatcher"] == {"MaxItemsPerBatch": 100}
    assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert state["ItemReader"]["Arguments"]["Key"] == "{% $states.input.manifest %}"
    assert state["ItemSelector"].keys() == {"bucket", "key", "version"}
    assert state["ResultWriter"]["Arguments"]["Prefix"] == "runs"
    (task,) = state["ItemProcessor"]["States"].values()
    assert task["Arguments"]["Payload"].startswith("{% $merge([$states.input, {'attempt':")
    refused, throttled, failed = task["Retry"]
    assert refused == {"ErrorEquals": [BadMessage.__name__], "MaxAttempts": 0}
    assert {"Lambda.TooManyRequestsException", "Lambda.ServiceException"} <= set(throttled["ErrorEquals"])
    assert "States.TaskFailed" in failed["ErrorEquals"]
    # The first attempt leaves no marker of a picture that ends the function.
    assert failed["MaxAttempts"] >= 1 + 6 * MOST_DEATHS
    assert throttled["MaxAttempts"] >= failed["MaxAttempts"]
    assert throttled["MaxDelaySeconds"] <= failed["MaxDelaySeconds"] == 300
    for retry in (throttled, failed):
        assert retry["BackoffRate"] >= 2


def test_runs_of_manifests_may_read_manifests_start_the_function_and_write_their_reports() -> None:
    role = properties(deployed(BATCH, Manifests="on"), "ManifestRunsRole")
    (policy,) = role["Policies"]
    told = {place: actions(one) for one in policy["PolicyDocument"]["Statement"] for place in places(one)}
    here = "eu-central-1:111122223333"
    assert told == {
        "${Bucket.Arn}/manifests/*": ["s3:GetObject"],
        "${Bucket.Arn}/runs/*": [
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListMultipartUploadParts",
            "s3:AbortMultipartUpload",
        ],
        str({"Fn::GetAtt": ["BatchFunction", "Arn"]}): ["lambda:InvokeFunction"],
        f"arn:aws:states:{here}:stateMachine:{STACK}-manifests": ["states:StartExecution"],
        f"arn:aws:states:{here}:execution:{STACK}-manifests*": [
            "states:DescribeExecution",
            "states:StopExecution",
            "states:RedriveExecution",
        ],
    }


def test_without_manifests_there_is_no_state_machine(found: dict[str, Resource]) -> None:
    assert not [name for name in found if name.startswith("Manifest")]


def test_the_table_knows_every_day_without_being_told() -> None:
    table = properties(deployed(BATCH), "Faces")["TableInput"]
    told = table["Parameters"]
    assert table["PartitionKeys"] == [{"Name": "date", "Type": "string"}]
    assert told["projection.enabled"] == "true"
    assert (told["projection.date.type"], told["projection.date.format"]) == ("date", "yyyy-MM-dd")
    assert told["projection.date.range"].endswith(",NOW+1DAYS")
    assert told["storage.location.template"] == "s3://${Bucket}/summary/date=${!date}/"
    assert "date" not in {column["Name"] for column in table["StorageDescriptor"]["Columns"]}


def test_the_saved_query_counts_each_face_once() -> None:
    found = deployed(BATCH)
    query = properties(found, "VerdictsByDay")["QueryString"]
    assert "count(DISTINCT id)" in query
    columns = {
        column["Name"] for column in properties(found, "Faces")["TableInput"]["StorageDescriptor"]["Columns"]
    }
    words = set(re.findall(r"\b[a-z_]+\b", re.sub(r"'[^']*'", "", query)))
    assert words <= columns | {
        "faces",
        "count",
        "coalesce",
        "date",
        "date_format",
        "current_date",
        "interval",
        "day",
    }
    assert properties(found, "Queries")["WorkGroupConfiguration"]["ResultConfiguration"][
        "OutputLocation"
    ].endswith("/queries/")


def test_the_catalogue_can_be_left_out() -> None:
    found = deployed(BATCH, Catalogue="off")
    assert not [name for name, told in found.items() if told["Type"].startswith(("AWS::Glue", "AWS::Athena"))]


def test_failures_and_lateness_are_told(everything: dict[str, Resource]) -> None:
    alarms = {name for name, told in everything.items() if told["Type"] == "AWS::CloudWatch::Alarm"}
    assert alarms == {"Failed", "Late", "Crashes"}
    for name in alarms:
        alarm = properties(everything, name)
        assert alarm["AlarmActions"] == [{"Ref": "Topic"}]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert len(alarm["AlarmDescription"]) > 30
    (dead,) = properties(everything, "Failed")["Dimensions"]
    assert dead == {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}
    age, hours = properties(everything, "Late")["Metrics"]
    assert age["MetricStat"]["Metric"]["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert hours["Expression"] == "age / 3600"
    (watched,) = properties(everything, "Crashes")["Dimensions"]
    assert watched["Value"] == {"Ref": "BatchFunction"}


def test_lateness_is_told_before_pictures_are_deleted() -> None:
    parameters = read(BATCH.template)["Parameters"]
    assert 2 * parameters["LateHours"]["Default"] <= 24 * parameters["InputDays"]["Default"]


def test_only_cloudwatch_of_this_account_writes_to_the_topic(found: dict[str, Resource]) -> None:
    (statement,) = properties(found, "TopicPolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


@pytest.mark.parametrize("email", ["", "door@example.org"])
def test_mail_is_sent_where_there_is_an_address(email: str) -> None:
    assert ("Subscription" in deployed(BATCH, AlarmEmail=email)) is bool(email)


@pytest.mark.parametrize("days", [7, 365])
def test_logs_are_kept_as_long_as_the_parameter_says(days: int) -> None:
    assert of_type(deployed(BATCH, LogRetentionDays=days), "AWS::Logs::LogGroup")["RetentionInDays"] == days


def test_what_is_paid_for_bears_the_tag(everything: dict[str, Resource]) -> None:
    for name in ("Bucket", "Queue", "DeadLetters", "BatchFunction", "ManifestRuns", "Queries"):
        assert {"Key": "Project", "Value": "maskcheck"} in properties(everything, name)["Tags"], name
