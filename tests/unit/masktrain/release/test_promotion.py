from dataclasses import dataclass
from pathlib import Path

import pytest

from masktrain.errors import ConcurrentChange, PromotionRefused, RegistryError
from masktrain.release.manifest import Figures
from masktrain.release.promotion import HISTORY_LENGTH, compare, promote, rollback
from masktrain.release.publish import describe_model
from masktrain.release.registry import AliasRecord, Registry
from tests.unit.masktrain.release.conftest import BUCKET
from tests.unit.masktrain.release.tinymodel import write_tiny_model

TEST, VAL = "aa" * 32, "bb" * 32
GOOD = Figures(test_strict_accuracy=0.99, val_macro_f1=0.97, test_set=TEST, val_set=VAL)


def add(registry: Registry, folder: Path, version: str, **changes: object) -> None:
    model = write_tiny_model(folder / f"{version}.onnx", version).read_bytes()
    figures = GOOD.model_copy(update=changes)
    registry.add(describe_model("m", model)[0].model_copy(update={"figures": figures}), model)


@pytest.fixture
def filled(registry: Registry, tmp_path: Path) -> Registry:
    """Three equally good versions, none promoted."""
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        add(registry, tmp_path, version)
    return registry


def meaning(registry: Registry, alias: str = "production") -> str:
    record = registry.alias(alias)
    assert record is not None
    return record.alias.version


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({}, None),
        ({"test_strict_accuracy": 0.988}, None),  # 0.99 - 0.988 is more than 0.002 in binary
        ({"test_strict_accuracy": 0.9879}, "lower by 0.0021; 0.002 is allowed"),
        ({"val_macro_f1": 0.9679}, "lower by 0.0021"),
        ({"val_macro_f1": 0.968, "test_strict_accuracy": 1.0}, None),
        ({"val_macro_f1": None}, "the candidate was published without this figure"),
        ({"test_set": None}, "the candidate was published without the test pictures' digest"),
        ({"test_set": VAL, "test_strict_accuracy": 1.0}, "different test pictures"),
        ({"val_set": TEST}, "different val pictures"),
    ],
)
def test_the_rule(changes: dict[str, object], objection: str | None) -> None:
    objections = [c.objection for c in compare(GOOD.model_copy(update=changes), GOOD) if c.objection]
    assert len(objections) == (objection is not None)
    assert objection is None or objection in objections[0]


def test_a_promoted_model_without_figures_cannot_be_compared() -> None:
    accuracy, f1 = compare(GOOD, Figures(val_macro_f1=0.5))
    assert accuracy.objection == "the promoted model was published without this figure"
    assert f1.objection == "the promoted model was published without the val pictures' digest"
    assert str(accuracy) == "test_strict_accuracy: promoted unknown, candidate 0.9900"


def test_the_first_promotion_has_nothing_to_beat(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "1.0.0", test_strict_accuracy=None, test_set=None)
    promotion = promote(registry, "1.0.0")
    assert (promotion.moved, promotion.comparisons, promotion.alias.history) == (True, (), ())
    manifest = registry.published("1.0.0")
    assert (promotion.alias.sha256, promotion.alias.path) == (manifest.sha256, manifest.path)
    assert not promote(registry, "1.0.0").moved


def test_what_is_no_worse_is_promoted_and_what_was_is_remembered(filled: Registry) -> None:
    promote(filled, "1.0.0")
    promotion = promote(filled, "1.1.0")
    assert [comparison.figure for comparison in promotion.comparisons] == [
        "test_strict_accuracy",
        "val_macro_f1",
    ]
    record = filled.alias("production")
    assert record is not None
    assert record.alias == promotion.alias
    assert [(p.version, p.action) for p in record.alias.history] == [("1.0.0", "promote")]


def test_what_is_worse_is_refused_with_both_figures(filled: Registry, tmp_path: Path) -> None:
    add(filled, tmp_path, "2.0.0", test_strict_accuracy=0.95, val_macro_f1=0.9)
    promote(filled, "1.0.0")
    with pytest.raises(PromotionRefused) as raised:
        promote(filled, "2.0.0")
    told = str(raised.value)
    assert "test_strict_accuracy: promoted 0.9900, candidate 0.9500; lower by 0.0400" in told
    assert "val_macro_f1: promoted 0.9700, candidate 0.9000; lower by 0.0700" in told
    assert told.endswith("production still means 1.0.0. --force promotes all the same.")
    assert meaning(filled) == "1.0.0"


def test_force_is_remembered_with_what_it_passed_over(filled: Registry, tmp_path: Path) -> None:
    add(filled, tmp_path, "2.0.0", test_set=VAL)
    promote(filled, "1.0.0")
    promotion = promote(filled, "2.0.0", force=True)
    assert len(promotion.alias.overridden) == 1
    assert "different test pictures" in promotion.alias.overridden[0]
    promote(filled, "1.1.0", force=True)
    record = filled.alias("production")
    assert record is not None
    assert record.alias.history[0].overridden == promotion.alias.overridden
    assert promote(filled, "1.2.0", force=True).alias.overridden == ()  # nothing was against it


def test_a_promoted_version_whose_manifest_is_gone_cannot_be_compared(filled: Registry) -> None:
    promote(filled, "1.0.0")
    filled.bucket.client.delete_object(Bucket=BUCKET, Key="mask-classifier/versions/1.0.0/manifest.json")
    with pytest.raises(PromotionRefused, match="the promoted model was published without this figure"):
        promote(filled, "1.1.0")


def test_aliases_go_their_own_ways(filled: Registry) -> None:
    promote(filled, "1.0.0")
    promote(filled, "1.2.0", "staging")
    assert (meaning(filled), meaning(filled, "staging")) == ("1.0.0", "1.2.0")


def test_what_is_not_published_is_not_promoted(filled: Registry) -> None:
    with pytest.raises(RegistryError, match=r"9\.0\.0 is not published here"):
        promote(filled, "9.0.0")


@dataclass(frozen=True)
class HastyRegistry(Registry):
    """Between this one's reading and writing of an alias, somebody promotes 1.2.0."""

    def alias(self, name: str) -> AliasRecord | None:
        record = super().alias(name)
        plain = Registry(self.bucket, self.prefix)
        if record is None or record.alias.version != "1.2.0":
            promote(plain, "1.2.0", name)
        return record


@pytest.mark.parametrize("before", [None, "1.0.0"])
def test_the_second_of_two_promotions_at_once_is_refused(filled: Registry, before: str | None) -> None:
    if before:
        promote(filled, before)
    with pytest.raises(ConcurrentChange, match=r"Somebody moved production to 1\.2\.0"):
        promote(HastyRegistry(filled.bucket), "1.1.0")
    assert meaning(filled) == "1.2.0"


def test_each_rollback_goes_one_further_back(filled: Registry) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        promote(filled, version)
    assert rollback(filled).version == "1.1.0"
    alias = rollback(filled)
    assert (alias.version, alias.action) == ("1.0.0", "rollback")
    assert [p.version for p in alias.history] == ["1.1.0", "1.2.0", "1.1.0", "1.0.0"]
    with pytest.raises(RegistryError, match=r"production means 1\.0\.0, and nothing was promoted before it"):
        rollback(filled)


def test_after_a_rollback_and_a_promotion_the_bad_version_is_not_returned_to(filled: Registry) -> None:
    promote(filled, "1.0.0")
    promote(filled, "1.1.0")
    rollback(filled)
    promote(filled, "1.2.0")
    assert rollback(filled).version == "1.0.0"


def test_a_named_version_is_returned_to_even_one_rolled_back_from(filled: Registry) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        promote(filled, version)
    assert rollback(filled, version="1.0.0").version == "1.0.0"
    assert rollback(filled, version="1.2.0").version == "1.2.0"
    assert rollback(filled).version == "1.0.0"


def test_a_rollback_forgets_what_force_passed_over(filled: Registry, tmp_path: Path) -> None:
    add(filled, tmp_path, "2.0.0", val_macro_f1=0.5)
    promote(filled, "1.0.0")
    promote(filled, "2.0.0", force=True)
    promote(filled, "1.1.0")
    alias = rollback(filled)
    assert (alias.version, alias.overridden) == ("2.0.0", ())
    assert alias.history[1].overridden != ()


@pytest.mark.parametrize(
    ("version", "told"),
    [("1.1.0", r"production means 1\.1\.0 already"), ("1.2.0", r"production never meant 1\.2\.0")],
)
def test_a_rollback_to_nowhere_is_refused(filled: Registry, version: str, told: str) -> None:
    with pytest.raises(RegistryError, match="There is no alias production yet"):
        rollback(filled, version=version)
    promote(filled, "1.0.0")
    promote(filled, "1.1.0")
    with pytest.raises(RegistryError, match=told):
        rollback(filled, version=version)


def test_a_rollback_to_a_model_that_was_replaced_is_refused(filled: Registry, tmp_path: Path) -> None:
    promote(filled, "1.0.0")
    promote(filled, "1.1.0")
    client = filled.bucket.client
    client.delete_object(Bucket=BUCKET, Key="mask-classifier/versions/1.0.0/manifest.json")
    with pytest.raises(RegistryError, match=r"1\.0\.0 is not published here"):
        rollback(filled)
    model = write_tiny_model(tmp_path / "other.onnx", "1.0.0", scale=5.0).read_bytes()
    filled.add(describe_model("m", model)[0], model)
    with pytest.raises(RegistryError, match="no longer the model that production meant"):
        rollback(filled)
    assert meaning(filled) == "1.1.0"


def test_history_has_an_end(filled: Registry) -> None:
    promote(filled, "1.0.0")
    before = filled.alias("production")
    assert before is not None
    long = before.alias.model_copy(update={"history": (before.alias.position(),) * HISTORY_LENGTH})
    filled.move("production", long, before)
    history = promote(filled, "1.1.0").alias.history
    assert (len(history), history[0].version) == (HISTORY_LENGTH, "1.0.0")
