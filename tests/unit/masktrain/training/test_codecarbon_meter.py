import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from masktrain.errors import TrainingError
from masktrain.training.codecarbon_meter import CodeCarbonMeter


@pytest.fixture
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any attempt to reach the network fail the test."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"reached out to {address} ({self.family})")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("_offline")
def test_energy_is_counted_in_silence_and_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    meter = CodeCarbonMeter("FRA")
    meter.start()
    first = meter.read()
    sum(number * number for number in range(3_000_000))
    second = meter.read()
    meter.stop()
    assert 0.0 <= first < second < 1.0
    assert 0.0 < meter.emissions_kg < 1.0
    told = capfd.readouterr()
    assert told.out + told.err == ""
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_country_is_told() -> None:
    with pytest.raises(TrainingError, match="no country 'XYZ'"):
        CodeCarbonMeter("XYZ")


def test_a_missing_package_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    with pytest.raises(TrainingError, match=r"pip install 'maskcheck\[tracking\]'"):
        CodeCarbonMeter()
