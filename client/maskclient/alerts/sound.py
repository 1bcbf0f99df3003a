"""A short two-tone sound upon an alert, made here and played by whatever the computer has."""

import contextlib
import importlib
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy as np

from maskclient.alerts.event import DoorEvent
from maskclient.errors import AlertFailed

SAMPLE_RATE = 22050
TONES_HZ = (880.0, 660.0)
TONE_SECONDS = 0.2

_FADE_SECONDS = 0.01  # a tone that starts or ends at full height clicks
_LOUDNESS = 0.5
_COMMANDS = {
    "darwin": (("afplay",),),
    "linux": (("paplay",), ("pw-play",), ("aplay", "-q")),
}


class Player(Protocol):
    """Plays WAV files without waiting for their end."""

    def busy(self) -> bool:
        """Tell whether a sound is being played."""
        ...

    def play(self, sound: Path) -> None:
        """Start to play a file.

        Raises
        ------
        OSError
            If the computer does not do it.
        """
        ...

    def close(self) -> None:
        """End what is being played."""
        ...


class Chime:
    """Plays a sound upon each violation; an admission is silent.

    A sound that still lasts is not played over: several alerts at once are one sound.

    Parameters
    ----------
    player : Player, optional
        What plays; by default what is found on this computer, or else the terminal's bell.
    """

    name = "sound"

    def __init__(self, player: Player | None = None) -> None:
        self._player = player or system_player()
        self._folder = tempfile.TemporaryDirectory(prefix="maskcheck-")
        self._sound = Path(self._folder.name, "alert.wav")
        write_chime(self._sound)

    def send(self, event: DoorEvent) -> None:
        """Play the sound, if the event is a violation.

        Raises
        ------
        AlertFailed
            If it cannot be played.
        """
        if event.kind != "violation" or self._player.busy():
            return
        try:
            self._player.play(self._sound)
        except (OSError, RuntimeError) as error:  # winsound raises the latter
            raise AlertFailed(
                f"The alert's sound cannot be played: {error}. Check the loudspeaker."
            ) from error

    def close(self) -> None:
        """End the sound and delete its file."""
        self._player.close()
        self._folder.cleanup()


def write_chime(path: Path) -> None:
    """Write the sound as a WAV file, 16 bit, one channel."""
    times = np.arange(int(SAMPLE_RATE * TONE_SECONDS)) / SAMPLE_RATE
    fade = np.clip(np.minimum(times, times[::-1]) / _FADE_SECONDS, 0.0, 1.0)
    tones = [np.sin(2 * np.pi * hertz * times) * fade for hertz in TONES_HZ]
    samples = np.concatenate(tones) * _LOUDNESS * np.iinfo(np.int16).max
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def system_player(platform: str = sys.platform, which: Callable[[str], str | None] = shutil.which) -> Player:
    """Return what plays sounds on a computer of some platform.

    Parameters
    ----------
    platform : str
        As ``sys.platform`` names it.
    which : callable
        Finds a program by its name.
    """
    if platform == "win32":
        return WindowsPlayer(importlib.import_module("winsound"))
    found = [
        (path, *command[1:])
        for command in _COMMANDS.get(platform, ())
        if (path := which(command[0])) is not None
    ]
    return CommandPlayer(found) if found else BellPlayer()


class BellPlayer:
    """Rings the terminal's bell, on standard error, which nobody reads as data.

    Parameters
    ----------
    write : callable, optional
        Takes the text for the terminal.
    """

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self._write = write or _to_terminal

    def busy(self) -> bool:
        """Return False: a bell has no end to wait for."""
        return False

    def play(self, sound: Path) -> None:  # noqa: ARG002 - a bell has one sound
        """Ring."""
        self._write("\a")

    def close(self) -> None:
        """Do nothing."""


class CommandPlayer:
    """Plays with a program; one that fails is replaced by the next, and the last by the bell.

    That it failed is known from its exit status only, so the alert after it is the first to
    sound; a computer without a sound server has ``paplay`` often enough.

    Parameters
    ----------
    commands : sequence of sequence of str
        Programs with their options; the file comes last.
    bell : BellPlayer, optional
        What is left if none of them works.
    """

    def __init__(self, commands: Sequence[Sequence[str]], bell: BellPlayer | None = None) -> None:
        self._commands = list(commands)
        self._bell = bell or BellPlayer()
        self._child: subprocess.Popen[bytes] | None = None

    def busy(self) -> bool:
        """Tell whether the program still runs."""
        return self._child is not None and self._child.poll() is None

    def play(self, sound: Path) -> None:
        """Start the program, or ring the bell."""
        if self._child is not None and self._child.poll():
            self._commands.pop(0)
        self._child = None
        if not self._commands:
            self._bell.play(sound)
            return
        self._child = subprocess.Popen(  # noqa: S603 - a player found on this computer, a file of ours
            [*self._commands[0], str(sound)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        """End the program."""
        if self._child is not None:
            self._child.kill()  # does nothing to one that has ended
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(1)


class WindowsPlayer:
    """Plays with Windows itself.

    Parameters
    ----------
    winsound : module
        Python's own, which other systems do not have.
    """

    def __init__(self, winsound: Any) -> None:  # noqa: ANN401 - a module that only Windows can type
        self._winsound = winsound
        self._until = 0.0

    def busy(self) -> bool:
        """Tell whether the sound lasts, by the clock: Windows does not say."""
        return monotonic() < self._until

    def play(self, sound: Path) -> None:
        """Start the sound."""
        module = self._winsound
        module.PlaySound(str(sound), module.SND_FILENAME | module.SND_ASYNC | module.SND_NODEFAULT)
        self._until = monotonic() + len(TONES_HZ) * TONE_SECONDS

    def close(self) -> None:
        """End the sound, which keeps its file open."""
        self._winsound.PlaySound(None, self._winsound.SND_FILENAME)


def _to_terminal(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
