"""models/PUBLISHING.md: its examples are read by the code, and its permissions are enough, by moto's IAM."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from masktrain.errors import RegistryError
from masktrain.release.bucket import open_bucket
from masktrain.release.manifest import Manifest
from masktrain.release.promotion import promote, rollback
from masktrain.release.publish import publish
from masktrain.release.registry import Alias, Registry
from tests.unit.masktrain.release.tinymodel import write_tiny_model

DOCUMENT = Path(__file__).parents[4] / "models" / "PUBLISHING.md"
MANIFEST, ALIAS, READER, PUBLISHER, WRITE_ONCE = re.findall(
    r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL
)
BUCKET = "my-models"


def with_permissions_checked(work: Callable[[], None]) -> Callable[..., None]:
    """Let moto check permissions, from the first call on."""
    return set_initial_no_auth_action_count(0)(work)


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Registry]]:
    """Registries through the eyes of users who have a policy, and nothing else."""

    def sign_in(policy: str) -> Registry:
        iam = boto3.Session().client("iam")
        iam.create_user(UserName="somebody")
        iam.put_user_policy(UserName="somebody", PolicyName="given", PolicyDocument=policy)
        key = iam.create_access_key(UserName="somebody")["AccessKey"]
        boto3.Session().client("s3").create_bucket(Bucket=BUCKET)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        boto3.setup_default_session()  # a session keeps the first credentials that it finds
        return Registry(open_bucket(BUCKET))

    for name, value in (
        ("ACCESS_KEY_ID", "testing"),
        ("SECRET_ACCESS_KEY", "testing"),
        ("DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield sign_in
    boto3.setup_default_session()


@mock_aws
def test_a_publisher_may_do_what_the_commands_do(
    signed_in: Callable[[str], Registry], tmp_path: Path
) -> None:
    registry = signed_in(PUBLISHER)

    @with_permissions_checked
    def work() -> None:
        for version in ("1.0.0", "1.1.0"):
            publish(registry, write_tiny_model(tmp_path / "m.onnx", version))
            promote(registry, version, force=True)
        assert rollback(registry).version == "1.0.0"
        assert len(registry.manifests()) == 2
        assert list(registry.aliases()) == ["production"]

    work()


@mock_aws
def test_a_reader_may_read_and_no_more(signed_in: Callable[[str], Registry], tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "m.onnx")
    registry = signed_in(READER)
    publish(registry, model)

    @with_permissions_checked
    def work() -> None:
        manifest = registry.published("1.0.0")
        stored = registry.bucket.read(registry.prefix + manifest.path)
        assert stored is not None
        assert stored.data == model.read_bytes()
        with pytest.raises(
            RegistryError, match="may not write s3://my-models/mask-classifier/aliases/staging"
        ):
            registry.move("staging", Alias.model_validate_json(ALIAS), None)
        with pytest.raises(RegistryError, match="may not list"):
            registry.manifests()

    work()


def test_the_examples_are_what_the_code_writes() -> None:
    for example, kind in ((MANIFEST, Manifest), (ALIAS, Alias)):
        assert kind.model_validate_json(example).model_dump(mode="json") == json.loads(example)


def test_the_write_once_policy_guards_versions_alone() -> None:
    policy: dict[str, Any] = json.loads(WRITE_ONCE)
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}
    assert all(
        statement["Resource"].endswith("/mask-classifier/versions/*") for statement in policy["Statement"]
    )
