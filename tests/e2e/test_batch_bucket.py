import re
from typing import Any

import pytest

from maskinfra.stacks import BATCH
from maskservice.batch.keys import ATTEMPTS, FAILURES, INPUTS, RESULTS, SUMMARY
from tests.e2e.templates import (
    PSEUDO,
    STACK,
    Resource,
    actions,
    deployed,
    places,
    properties,
    read,
    statements,
)

KEY = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0123456789ab"
BUCKET = f"{STACK}-{PSEUDO['AWS::AccountId']}-{PSEUDO['AWS::Region']}"


@pytest.fixture(scope="module")
def found() -> dict[str, Resource]:
    return deployed(BATCH)


@pytest.fixture(scope="module")
def everything() -> dict[str, Resource]:
    return deployed(BATCH, Manifests="on", ModelUri="s3://our-models/masks/v2", ModelKeyArn=KEY)


def test_only_what_is_put_under_in_is_told_to_the_queue(found: dict[str, Resource]) -> None:
    (told,) = properties(found, "Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Event"] == "s3:ObjectCreated:*"
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": INPUTS}]}}
    assert told["Queue"] == {"Fn::GetAtt": ["Queue", "Arn"]}


@pytest.mark.parametrize(("given", "name"), [({}, BUCKET), ({"BucketName": "our-doors"}, "our-doors")])
def test_the_queue_takes_messages_of_this_bucket_and_account_only(given: dict[str, str], name: str) -> None:
    found = deployed(BATCH, **given)
    assert properties(found, "Bucket")["BucketName"] == name
    allowed, _ = properties(found, "QueuePolicy")["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Resource"] == {"Fn::GetAtt": ["Queue", "Arn"]}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111122223333"},
        "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{name}"},
    }


def references(value: object) -> set[str]:
    """The resources that a part of a template refers to."""
    if isinstance(value, dict):
        own = [value["Ref"]] if isinstance(value.get("Ref"), str) else []
        if isinstance(value.get("Fn::GetAtt"), list):
            own.append(value["Fn::GetAtt"][0])
        if isinstance(value.get("Fn::Sub"), str):
            own += re.findall(r"\$\{(\w+)", value["Fn::Sub"])
        return set(own).union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def test_the_queues_policy_is_there_before_the_bucket_and_nothing_refers_in_a_circle() -> None:
    told = read(BATCH.template)["Resources"]
    needs = {
        name: (references(resource) | set([resource["DependsOn"]] if "DependsOn" in resource else []))
        & told.keys()
        for name, resource in told.items()
    }
    assert "QueuePolicy" in needs["Bucket"]
    while needs:
        ready = {name for name, others in needs.items() if not others}
        assert ready, f"a circle: {needs}"
        needs = {name: others - ready for name, others in needs.items() if name not in ready}


def test_nobody_outside_sees_the_bucket(found: dict[str, Resource]) -> None:
    bucket = properties(found, "Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("name", ["BucketPolicy", "QueuePolicy", "DeadLettersPolicy"])
def test_what_is_not_encrypted_on_its_way_is_refused(found: dict[str, Resource], name: str) -> None:
    *_, denied = properties(found, name)["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for queue in ("Queue", "DeadLetters"):
        assert properties(found, queue)["SqsManagedSseEnabled"] is True


def lifecycle(**parameters: int) -> dict[str, dict[str, Any]]:
    rules = properties(deployed(BATCH, **parameters), "Bucket")["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    return {rule["Id"]: rule for rule in rules}


def test_pictures_are_deleted_for_good() -> None:
    rules = lifecycle()
    assert rules["pictures"]["Prefix"] == "in/"
    assert rules["pictures"]["ExpirationInDays"] == 1
    assert lifecycle(InputDays=30)["pictures"]["ExpirationInDays"] == 30
    assert "Prefix" not in rules["leftovers"]
    assert rules["leftovers"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rules["leftovers"]["ExpiredObjectDeleteMarker"] is True
    assert rules["leftovers"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_results_are_kept_unless_told_otherwise() -> None:
    def expiring(rules: dict[str, dict[str, Any]]) -> dict[str, int]:
        return {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules.values() if "Prefix" in rule}

    always = {"in/": 1, "trying/": 1, "queries/": 7}
    results = dict.fromkeys(["out/", "failed/", "summary/", "runs/"], 90)
    assert expiring(lifecycle()) == always
    assert expiring(lifecycle(ResultDays=90)) == always | results


def test_results_outlive_the_stack(found: dict[str, Resource]) -> None:
    assert found["Bucket"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert found["Bucket"]["UpdateReplacePolicy"] == "Retain"


def test_no_policy_allows_any_action_or_any_resource(everything: dict[str, Resource]) -> None:
    told = statements(everything)
    assert len(told) == 14
    for statement in told:
        assert statement["Effect"] == "Allow"
        assert not [action for action in actions(statement) if "*" in action]
        for place in places(statement):
            # A star stands at the end only, behind a name.
            assert re.search(r"^[^*]*[\w/]\*$|^[^*]+$", place), place
            assert not re.match(r"\$\{Bucket\.Arn\}/\*", place), place


def test_there_are_no_managed_policies(everything: dict[str, Resource]) -> None:
    roles = [told["Properties"] for told in everything.values() if told["Type"] == "AWS::IAM::Role"]
    assert len(roles) == 2
    assert not [role for role in roles if role.get("ManagedPolicyArns")]


def test_the_function_reads_pictures_and_writes_results_only(found: dict[str, Resource]) -> None:
    told = [(set(actions(one)), places(one)) for one in statements(found)]
    writing = [place for allowed, where in told if "s3:PutObject" in allowed for place in where]
    assert writing == [f"${{Bucket.Arn}}/{root}/*" for root in (RESULTS, SUMMARY, FAILURES, ATTEMPTS)]
    deleting = [place for allowed, where in told if "s3:DeleteObject" in allowed for place in where]
    assert deleting == [f"${{Bucket.Arn}}/{root}/*" for root in (FAILURES, ATTEMPTS)]
    reading = [place for allowed, where in told if "s3:GetObjectVersion" in allowed for place in where]
    assert reading == [f"${{Bucket.Arn}}/{INPUTS}*"]
    sending = [where for allowed, where in told if "sqs:SendMessage" in allowed]
    assert sending == [[str({"Fn::GetAtt": [name, "Arn"]})] for name in ("Queue", "DeadLetters")]


def test_with_a_registry_it_also_reads_that_registry(everything: dict[str, Resource]) -> None:
    reading = [one for one in statements(everything) if "our-models" in str(one)]
    assert [places(one) for one in reading] == [
        ["arn:aws:s3:::our-models/masks/v2/versions/*", "arn:aws:s3:::our-models/masks/v2/aliases/*"]
    ]
    assert [one["Resource"] for one in statements(everything) if one["Action"] == "kms:Decrypt"] == [KEY]
