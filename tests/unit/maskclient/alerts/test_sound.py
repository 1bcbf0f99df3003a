import sys
import time
import wave
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from maskclient.alerts.sound import (
    SAMPLE_RATE,
    TONES_HZ,
    BellPlayer,
    Chime,
    CommandPlayer,
    WindowsPlayer,
    system_player,
    write_chime,
)
from maskclient.errors import AlertFailed
from tests.unit.maskclient.alerts.doors import door_event


class FakePlayer:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.lasts = False
        self.played: list[Path] = []
        self.closed = False

    def busy(self) -> bool:
        return self.lasts

    def play(self, sound: Path) -> None:
        if self.error is not None:
            raise self.error
        assert sound.is_file()
        self.played.append(sound)

    def close(self) -> None:
        self.closed = True


def test_the_sound_is_two_tones_without_clicks(tmp_path: Path) -> None:
    write_chime(tmp_path / "a.wav")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, SAMPLE_RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    assert 0.3 < len(samples) / SAMPLE_RATE < 0.6
    for tone, hertz in zip(np.split(samples, 2), TONES_HZ, strict=True):
        strongest = np.abs(np.fft.rfft(tone)).argmax() * SAMPLE_RATE / len(tone)
        assert strongest == pytest.approx(hertz, abs=5)
        assert tone[0] == tone[-1] == 0
        assert 10_000 < np.abs(tone).max() < 20_000


def test_only_a_violation_sounds_and_never_two_at_once() -> None:
    player = FakePlayer()
    chime = Chime(player)
    chime.send(door_event("admit"))
    assert player.played == []
    chime.send(door_event())
    player.lasts = True
    chime.send(door_event())
    assert len(player.played) == 1
    player.lasts = False
    chime.send(door_event())
    assert len(player.played) == 2
    chime.close()
    assert player.closed
    assert not player.played[0].parent.exists()


@pytest.mark.parametrize("error", [FileNotFoundError("no paplay"), RuntimeError("no device")])
def test_what_cannot_be_played_is_told(error: Exception) -> None:
    chime = Chime(FakePlayer(error))
    with pytest.raises(AlertFailed, match=r"cannot be played: no \w+\. Check the loudspeaker"):
        chime.send(door_event())
    chime.close()


def only(*programs: str) -> "FakeWhich":
    return FakeWhich(programs)


class FakeWhich:
    def __init__(self, programs: tuple[str, ...]) -> None:
        self.programs = programs

    def __call__(self, name: str) -> str | None:
        return f"/found/{name}" if name in self.programs else None


@pytest.mark.parametrize(
    ("platform", "programs", "commands"),
    [
        ("darwin", ("afplay", "aplay"), [("/found/afplay",)]),
        ("linux", ("aplay", "paplay"), [("/found/paplay",), ("/found/aplay", "-q")]),
        ("linux", ("pw-play",), [("/found/pw-play",)]),
    ],
)
def test_each_system_has_its_programs(
    platform: str, programs: tuple[str, ...], commands: list[tuple[str, ...]]
) -> None:
    player = system_player(platform, only(*programs))
    assert isinstance(player, CommandPlayer)
    assert player._commands == commands


@pytest.mark.parametrize("platform", ["linux", "darwin", "freebsd14"])
def test_the_bell_is_what_is_left(platform: str, capfd: pytest.CaptureFixture[str]) -> None:
    chime = Chime(system_player(platform, only()))
    chime.send(door_event())
    chime.send(door_event())
    chime.close()
    assert capfd.readouterr() == ("", "\a\a")


class FakeWinsound(ModuleType):
    SND_FILENAME, SND_ASYNC, SND_NODEFAULT = 0x20000, 1, 2

    def __init__(self) -> None:
        super().__init__("winsound")
        self.calls: list[tuple[str | None, int]] = []

    def PlaySound(self, sound: str | None, flags: int) -> None:  # noqa: N802
        self.calls.append((sound, flags))


def test_windows_plays_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    winsound = FakeWinsound()
    monkeypatch.setitem(sys.modules, "winsound", winsound)
    player = system_player("win32")
    assert isinstance(player, WindowsPlayer)
    chime = Chime(player)
    chime.send(door_event())
    chime.send(door_event())
    chime.close()
    (sound, flags), stop = winsound.calls
    assert str(sound).endswith(".wav")
    assert flags == 0x20003
    assert stop == (None, 0x20000)


def program(tmp_path: Path, code: str) -> tuple[str, ...]:
    """A player that writes down each file it is given."""
    script = tmp_path / f"player{len(list(tmp_path.iterdir()))}.py"
    script.write_text(f"import sys, time\nopen({str(tmp_path / 'log')!r}, 'a').write('x')\n{code}\n")
    return (sys.executable, str(script))


def log(tmp_path: Path) -> int:
    path = tmp_path / "log"
    return len(path.read_text()) if path.exists() else 0


def finish(player: CommandPlayer) -> None:
    deadline = time.monotonic() + 10
    while player.busy() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not player.busy()


def test_a_program_plays_in_the_background(tmp_path: Path) -> None:
    player = CommandPlayer([program(tmp_path, "time.sleep(30)")])
    chime = Chime(player)
    started = time.monotonic()
    for _ in range(5):
        chime.send(door_event())
    assert time.monotonic() - started < 1
    assert player.busy()
    chime.close()
    assert not player.busy()
    assert log(tmp_path) <= 1


def test_a_program_that_works_is_used_again(tmp_path: Path) -> None:
    player = CommandPlayer([program(tmp_path, "")])
    for _ in range(2):
        player.play(tmp_path / "a.wav")
        finish(player)
    assert log(tmp_path) == 2
    player.close()


def test_a_program_that_fails_gives_way(tmp_path: Path) -> None:
    rung: list[str] = []
    broken = program(tmp_path, "sys.exit(1)")
    player = CommandPlayer([broken, broken], BellPlayer(rung.append))
    for _ in range(2):
        player.play(tmp_path / "a.wav")
        finish(player)
    assert rung == []
    player.play(tmp_path / "a.wav")
    player.play(tmp_path / "a.wav")
    assert rung == ["\a", "\a"]
    assert log(tmp_path) == 2
    player.close()
