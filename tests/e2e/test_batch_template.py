import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from maskclient.commands.batchoptions import DEFAULT_TIMEOUT
from maskinfra.stacks import API, BATCH
from maskservice.batch.attempts import MOST_DEATHS
from maskservice.batch.settings import (
    DEAD_LETTER_VARIABLE,
    QUEUE_VARIABLE,
    RECEIVES_VARIABLE,
    BatchSettings,
)
from maskservice.settings import Settings
from tests.batches import MOST_RECEIVES
from tests.e2e.templates import STACK, Resource, deployed, known, of_type, properties, read

REGISTRY = "s3://our-models/masks/v2"


@pytest.fixture(scope="module")
def found() -> dict[str, Resource]:
    return deployed(BATCH)


def test_sam_finds_nothing_to_complain_about() -> None:
    sam = Path(sys.executable).with_name("sam")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}
    command: list[str | Path] = [sam, "validate", "--lint", "--template-file", BATCH.template]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_finding_of_the_linter_is_ignored() -> None:
    assert "cfn-lint" not in BATCH.template.read_text()


def test_the_function_is_the_apis_code_with_another_handler(found: dict[str, Resource]) -> None:
    function, api = (of_type(told, "AWS::Lambda::Function") for told in (found, deployed()))
    assert function["Handler"] == "maskservice.batch.handler.handler"
    for same in ("Runtime", "Architectures", "MemorySize"):
        assert function[same] == api[same]
    places = [
        (stack.template.parent / read(stack.template)["Resources"][stack.function]["Properties"]["CodeUri"])
        for stack in (API, BATCH)
    ]
    assert places[0].resolve() == places[1].resolve()
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": "BatchFunctionLogs"}}


def test_parameters_reach_the_function() -> None:
    told = of_type(
        deployed(BATCH, Architecture="arm64", MemorySize=3008, StorageSize=10240), "AWS::Lambda::Function"
    )
    assert told["Architectures"] == ["arm64"]
    assert told["MemorySize"] == 3008
    assert told["EphemeralStorage"] == {"Size": 10240}


def test_the_environment_is_what_the_function_reads(found: dict[str, Resource]) -> None:
    told = of_type(found, "AWS::Lambda::Function")["Environment"]["Variables"]
    assert Settings.from_environment(told).registry_entry is None
    assert Settings.from_environment(told).service == STACK
    assert told[QUEUE_VARIABLE] == {"Ref": "Queue"}
    assert told[DEAD_LETTER_VARIABLE] == {"Ref": "DeadLetters"}
    assert told[RECEIVES_VARIABLE] == "5"
    served = of_type(deployed(BATCH, ModelUri=REGISTRY, ModelVersion="1.2.0"), "AWS::Lambda::Function")
    entry = Settings.from_environment(served["Environment"]["Variables"]).registry_entry
    assert entry is not None
    assert entry.pointer == "masks/v2/versions/1.2.0/manifest.json"


@pytest.mark.parametrize("size", [512, 2048, 10240])
def test_an_archive_fits_into_the_storage(size: int) -> None:
    function = of_type(deployed(BATCH, StorageSize=size), "AWS::Lambda::Function")
    most = BatchSettings.from_environment(known(function["Environment"]["Variables"])).archive_bytes
    assert 0.9 < most / (function["EphemeralStorage"]["Size"] * 2**20) < 0.96


def test_no_function_has_too_little_memory_for_the_largest_picture() -> None:
    memory = read(BATCH.template)["Parameters"]["MemorySize"]
    assert memory["MinValue"] == memory["Default"] == 1769
    assert "share" not in memory["Description"]


def test_a_message_stays_hidden_for_six_times_the_time_and_a_window(
    found: dict[str, Resource],
) -> None:
    function = of_type(found, "AWS::Lambda::Function")
    queue = properties(found, "Queue")
    window = read(BATCH.template)["Parameters"]["BatchWindowSeconds"]["MaxValue"]
    mapping = of_type(deployed(BATCH, BatchWindowSeconds=window), "AWS::Lambda::EventSourceMapping")
    assert mapping["MaximumBatchingWindowInSeconds"] == window
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"] + window
    page = (BATCH.template.parent / "BATCH.md").read_text()
    assert f"by the queue after {queue['VisibilityTimeout'] // 60} minutes" in page
    assert queue["VisibilityTimeout"] < DEFAULT_TIMEOUT


def test_the_function_gives_up_with_its_reason_before_the_queue_does(found: dict[str, Resource]) -> None:
    queue = properties(found, "Queue")
    told = of_type(found, "AWS::Lambda::Function")["Environment"]["Variables"]["BATCH_RECEIVES"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == MOST_RECEIVES
    assert int(told) + 4 * MOST_DEATHS <= MOST_RECEIVES  # four pictures of one batch that kill the function
    assert f"up to\n{MOST_RECEIVES} times" in (BATCH.template.parent / "BATCH.md").read_text()
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    # All receives fit into the time that the queue keeps a message, with as much again for waiting.
    assert 2 * MOST_RECEIVES * queue["VisibilityTimeout"] < queue["MessageRetentionPeriod"]


def test_dead_letters_outlast_the_queue(found: dict[str, Resource]) -> None:
    kept = properties(found, "DeadLetters")["MessageRetentionPeriod"]
    assert kept == 14 * 86_400
    assert kept > properties(found, "Queue")["MessageRetentionPeriod"]


def test_the_queue_starts_the_function_no_faster_than_allowed() -> None:
    mapping = of_type(deployed(BATCH, MaximumConcurrency=7, BatchSize=50), "AWS::Lambda::EventSourceMapping")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert mapping["BatchSize"] == 50
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["Queue", "Arn"]}
    parameter = read(BATCH.template)["Parameters"]["MaximumConcurrency"]
    assert (parameter["MinValue"], parameter["MaxValue"]) == (2, 1000)
    assert read(BATCH.template)["Parameters"]["BatchWindowSeconds"]["MinValue"] >= 1  # for BatchSize over 10


def parameters() -> dict[str, Any]:
    told: dict[str, Any] = read(BATCH.template)["Parameters"]
    return told


@pytest.mark.parametrize("name", parameters())
def test_every_parameter_has_a_default_and_says_what_it_does(name: str) -> None:
    parameter = parameters()[name]
    assert "Default" in parameter
    assert len(parameter["Description"]) > 20
    groups = read(BATCH.template)["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sum(name in group["Parameters"] for group in groups) == 1


def test_the_page_names_every_parameter_and_no_other() -> None:
    page = (BATCH.template.parent / "BATCH.md").read_text()
    rows = re.findall(r"^\| (`[A-Z]\w+`.*?) \|(.*?)\|", page, re.MULTILINE)
    named = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    assert named.keys() == parameters().keys() - {"Architecture"}  # `make deploy-batch ARCHITECTURE=…`
    for names, defaults in rows:
        given = [told.strip() for told in defaults.split(",") if told.strip() not in ("", "bundled")]
        if given:
            told = [str(parameters()[name]["Default"]) for name in re.findall(r"`(\w+)`", names)]
            assert given == told


@pytest.mark.parametrize("name", ["ModelUri", "ModelVersion", "ModelKeyArn", "AlarmEmail", "Architecture"])
def test_what_both_stacks_have_they_take_alike(name: str) -> None:
    ours, theirs = (read(stack.template)["Parameters"][name] for stack in (BATCH, API))
    for told in ("Default", "AllowedPattern", "AllowedValues"):
        assert ours.get(told) == theirs.get(told)


@pytest.mark.parametrize(
    ("name", "fits"),
    [("", True), ("our-doors", True), ("Doors", False), ("a", False), ("a.b.c", False), ("-doors", False)],
)
def test_names_of_buckets(name: str, *, fits: bool) -> None:
    assert bool(re.fullmatch(parameters()["BucketName"]["AllowedPattern"], name)) is fits
