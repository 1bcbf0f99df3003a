import pytest

from maskclient.errors import InvalidResponse
from maskclient.jsonfields import Fields
from maskclient.wire import CropResult, Health, ModelInfo
from tests.unit.maskclient.scripted_api import MODEL, result


def test_unknown_fields_are_kept_and_ignored() -> None:
    wire = {**result(0), "future": {"mask_type": "ffp2"}}
    judged = CropResult.from_wire(Fields(wire))
    assert judged.raw["future"] == {"mask_type": "ffp2"}
    assert ModelInfo.from_wire(Fields({**MODEL, "future": 1})).raw["future"] == 1
    assert Health.from_wire(Fields({"status": "ok", "version": "2", "future": 1})).version == "2"


@pytest.mark.parametrize("name", sorted(set(MODEL) - {"metrics"}))
def test_each_field_of_the_model_is_needed(name: str) -> None:
    with pytest.raises(InvalidResponse, match=name):
        ModelInfo.from_wire(Fields({key: value for key, value in MODEL.items() if key != name}))


@pytest.mark.parametrize("name", sorted(set(result(0)) - {"filename"}))
def test_each_field_of_a_result_is_needed(name: str) -> None:
    with pytest.raises(InvalidResponse, match=name):
        CropResult.from_wire(Fields({key: value for key, value in result(0).items() if key != name}))


def test_a_result_can_be_renumbered() -> None:
    moved = CropResult.from_wire(Fields(result(3))).at(7)
    assert (moved.index, moved.raw["index"]) == (7, 7)
