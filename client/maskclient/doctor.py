"""Looks at what the client needs on this computer, one thing at a time, and says what to do about it."""

import importlib
import importlib.metadata
import os
import platform
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from maskclient.camera.frames import Frame
from maskclient.camera.grabber import Grabber
from maskclient.camera.sources import parse_source
from maskclient.detectors import DEFAULT_DETECTOR, open_detector
from maskclient.errors import DetectorUnavailable, SourceUnavailable
from maskclient.version import __version__

State = Literal["ok", "warning", "failed", "skipped"]

PACKAGES = ("numpy", "onnxruntime", "pillow", "requests", "rich")
"""What is looked for by name; OpenCV comes under several."""
SETTINGS = Path("maskclient.toml")
CAMERA_SECONDS = 5.0
"""How long a camera may take to its first frame."""
MEASURE_SECONDS = 1.0
"""For how long its frames are counted then."""
SLOW_FPS = 5.0
"""Frames per second under which people pass by between two frames."""

_INSTALL = 'Install the client with all it needs, in its checkout: pip install ".[client]"'


@dataclass(frozen=True)
class Check:
    """What one look has shown.

    Attributes
    ----------
    name : str
        What was looked at.
    state : str
        ``ok``, ``warning`` (it works, but not well), ``failed``, or ``skipped`` (nothing to look at).
    said : str
        What was found; never holds the API key.
    advice : str or None
        What to do about it.
    """

    name: str
    state: State
    said: str
    advice: str | None = None


def check_python() -> Check:
    """Tell the versions of Python and of the packages."""
    versions, missing = [f"Python {platform.python_version()}", f"maskclient {__version__}"], []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("Python", "failed", f"missing: {', '.join(missing)}", _INSTALL)
    return Check("Python", "ok", ", ".join(versions))


def check_opencv() -> Check:
    """Tell OpenCV's version, and whether its cascades are there."""
    try:
        there = list(Path(cv2.data.haarcascades).glob("*.xml"))  # type: ignore[attr-defined] # unknown to its stubs
    except AttributeError:  # OpenCV 5, and builds of Linux distributions
        there = []
    if not there:
        return Check(
            "OpenCV",
            "warning",
            f"{cv2.__version__}, without Haar cascades",
            "The haar detectors and maskclient capture need them: "
            'pip install "opencv-python-headless>=4.10,<5"',
        )
    return Check("OpenCV", "ok", f"{cv2.__version__}, {len(there)} cascades")


def check_detector(name: str = DEFAULT_DETECTOR, model: Path | None = None) -> Check:
    """Open a face detector and show it an empty picture.

    Parameters
    ----------
    name : str
        As `maskclient.detectors.open_detector` takes it.
    model : Path, optional
        Its model file.
    """
    try:
        open_detector(name, model).detect(np.zeros((240, 320, 3), np.uint8))
    except DetectorUnavailable as error:
        return Check("face detector", "failed", str(error), "Name another with --detector.")
    return Check("face detector", "ok", f"{name} opens and looks at pictures")


def check_camera(
    text: str, first_seconds: float = CAMERA_SECONDS, measure_seconds: float = MEASURE_SECONDS
) -> Check:
    """Open a source, wait for its first frame, and measure what it delivers.

    Parameters
    ----------
    text : str
        As `maskclient.camera.sources.parse_source` takes it.
    first_seconds, measure_seconds : float
        Longest wait for the first frame; time over which frames are counted.
    """
    try:
        source = parse_source(text)
    except SourceUnavailable as error:
        return Check("camera", "failed", str(error), "Name another source.")
    grabber = Grabber(source)
    name = grabber.name if grabber.name.startswith("camera") else f"camera {grabber.name}"
    grabber.start()
    try:
        first = grabber.wait(0, first_seconds)
        if first is None:
            said = grabber.problem or f"no frame came within {first_seconds:g} s"
            return Check(name, "failed", said, "Mend this, or name another source.")
        fps = _frames_per_second(grabber, first, measure_seconds)
    finally:
        grabber.close()
    said = f"{first.rgb.shape[1]} x {first.rgb.shape[0]} pixels, {fps:.1f} frames per second"
    if source.live and fps < SLOW_FPS:
        advice = "Make more light, ask the camera for smaller frames, or mend its network."
        return Check(name, "warning", said, advice)
    return Check(name, "ok", said)


def _frames_per_second(grabber: Grabber, first: Frame, seconds: float) -> float:
    """Measure for a while; 0 if nothing comes after the first frame."""
    last, end = first, first.time + seconds
    while last.time < end and (frame := grabber.wait(last.number, seconds)) is not None:
        last = frame
    return (last.number - first.number) / (last.time - first.time) if last is not first else 0.0


def check_display(environment: Mapping[str, str] = os.environ) -> Check:
    """Open a window that nobody sees.

    Parameters
    ----------
    environment : mapping of str to str
        Says where the display is, on Linux.
    """
    try:
        tk = importlib.import_module("tkinter")
    except ImportError:
        return Check(
            "display",
            "warning",
            "this Python has no tkinter",
            "Install it for a window (on Debian: python3-tk), or say --headless.",
        )
    if sys.platform.startswith("linux") and not environment.get("DISPLAY"):
        return Check("display", "skipped", "this computer shows none: DISPLAY is not set", "Say --headless.")
    try:
        root = tk.Tk()
        root.withdraw()
        size = f"{root.winfo_screenwidth()} x {root.winfo_screenheight()} pixels"
        root.destroy()
    except tk.TclError as error:
        return Check("display", "failed", f"no window can be opened: {error}", "Say --headless.")
    return Check("display", "ok", size)


def check_settings(file: Path = SETTINGS) -> Check:
    """Read the settings file, if there is one.

    Parameters
    ----------
    file : Path
        Where it would be.
    """
    try:
        with file.open("rb") as content:
            sections = tomllib.load(content)
    except FileNotFoundError:
        return Check("settings file", "skipped", f"there is no {file} here")
    except OSError as error:
        return Check("settings file", "failed", f"{file} cannot be read: {error.strerror}", "Allow it.")
    except ValueError as error:  # no TOML, or no UTF-8
        return Check("settings file", "failed", f"{file} is not TOML: {error}", "Mend that line.")
    return Check("settings file", "ok", f"{file}: {', '.join(sections) or 'empty'}")
