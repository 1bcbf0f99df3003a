"""The benchmarks' own arithmetic, and that they run: no figure is held to a target here."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.benchmarks import cost, decoding, emulated, imports, inputs, rows, warm
from tests.benchmarks.rows import Row, at_most, interleaved, paired_ratio, table


def test_a_row_knows_whether_it_meets_its_target() -> None:
    assert at_most("a", 1.0, "ratio", 1.5) == Row("a", 1.0, "ratio", 1.5, met=True)
    assert at_most("a", 2.0, "ratio", 1.5).met is False
    assert at_most("a", 2.0, "ratio", None).met is None


def test_functions_are_timed_in_turn() -> None:
    called: list[str] = []
    times = interleaved([lambda: called.append("a"), lambda: called.append("b")], seconds=0.0, least=4)
    assert called == ["a", "b"] * 4
    assert [len(kept) for kept in times] == [4, 4]
    assert min(times[0] + times[1]) >= 0.0


def test_ratios_are_taken_round_by_round() -> None:
    assert paired_ratio([2.0, 30.0, 5.0], [1.0, 10.0, 5.0]) == 2.0


def test_the_table_says_what_is_missed() -> None:
    told = table([Row("size", 3.0, "MB", 2.0, met=False), Row("time", 1.0, "ms")]).splitlines()
    assert told[1].split() == ["size", "3.000", "MB", "2", "NO"]
    assert told[2].split() == ["time", "1.000", "ms"]


def test_the_report_is_a_list_of_rows(tmp_path: Path) -> None:
    report = tmp_path / "build" / "bench.json"
    rows.write([Row("size", 3.0, "MB", 2.0, met=False)], report)
    told = json.loads(report.read_text())
    assert told == [{"name": "size", "value": 3.0, "unit": "MB", "target": 2.0, "met": False}]


def test_prices_follow_from_times() -> None:
    compute, gateway = cost.per_million_crops(16, 34.2)
    assert gateway == pytest.approx(62_500 * 3.5e-6)
    assert compute == pytest.approx(62_500 * (0.2e-6 + 0.035 * 1769 / 1024 * 0.0000166667))
    assert cost.table({1: 2.4}).splitlines()[-1] == "| 1 | 2.4 | $0.29 | $3.50 | $3.79 |"


def test_an_import_is_counted_for_its_package() -> None:
    profile = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       100 |        100 |   numpy._core\n"
        "import time:        50 |        150 | numpy\n"
        "import time:         7 |        157 | maskservice.handler\n"
    )
    assert imports.by_package(profile) == {"numpy": 150, "maskservice": 7}


def test_sixteen_large_crops_fill_a_request() -> None:
    crops = inputs.large_crops()
    assert len(crops) == 16
    assert 3.5e6 < sum(map(len, crops)) < 3.98e6


def test_crops_are_pictures_of_one_size() -> None:
    import io

    for crop in inputs.crops(3):
        with Image.open(io.BytesIO(crop)) as picture:
            assert picture.size == (inputs.CROP_SIDE, inputs.CROP_SIDE)
    assert len(set(inputs.crops(16))) == 16


def names(told: list[Row]) -> set[str]:
    assert all(row.value > 0 for row in told if row.unit == "ratio")
    return {row.name for row in told if row.target is not None}


def test_warm_requests_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "_log_into_nothing", lambda: None)
    told, request_ms = warm.measure(seconds=0.0)
    assert request_ms.keys() == {1, 8, 16}
    assert len(names(told)) == 4


def test_decoding_is_measured() -> None:
    assert len(names(decoding.measure(seconds=0.0))) == 2


def test_the_bare_handler_is_python() -> None:
    compile(emulated.BARE, "bare.py", "exec")
