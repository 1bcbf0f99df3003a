"""Videos of the project's own example pictures: people who walk through a room."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Rgb = npt.NDArray[np.uint8]

EXAMPLES = Path(__file__).parents[1] / "client" / "examples"
SIZE = (1280, 720)
FPS = 30


def portrait(name: str, height: int) -> Rgb:
    picture = Image.open(EXAMPLES / f"{name}.jpg").convert("RGB")
    return np.asarray(picture.resize((round(picture.width * height / picture.height), height)))


def room(size: tuple[int, int]) -> Rgb:
    """A wall with some texture, so that nothing but the people moves."""
    noise = np.random.default_rng(0).normal(0, 6, (size[1] // 8, size[0] // 8, 3))
    blurred = cv2.resize(noise.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.clip(np.array([150, 160, 155]) + blurred, 0, 255).astype(np.uint8)


def walk(names: Sequence[str], frames: int, size: tuple[int, int] = SIZE, height: int = 300) -> Iterator[Rgb]:
    """Frames in which each person sways about a place of their own."""
    background = room(size)
    people = [portrait(name, height) for name in names]
    columns = -(-size[0] // max(person.shape[1] for person in people)) - 1
    columns = max(1, min(columns, len(people)))
    rows = -(-len(people) // columns)
    for number in range(frames):
        frame = background.copy()
        for place, person in enumerate(people):
            across = (place % columns + 0.5) * size[0] / columns - person.shape[1] / 2
            down = (place // columns + 0.5) * size[1] / rows - height / 2
            across += 12 * np.sin(number / 20 + place)
            down += 5 * np.cos(number / 15 + place)
            _paste(frame, person, round(across), round(down))
        yield frame


def _paste(frame: Rgb, person: Rgb, left: int, top: int) -> None:
    height, width = frame.shape[:2]
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(width, left + person.shape[1]), min(height, top + person.shape[0])
    frame[y1:y2, x1:x2] = person[y1 - top : y2 - top, x1 - left : x2 - left]


def write_video(path: Path, frames: Iterator[Rgb], fps: float = FPS) -> Path:
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    assert writer is not None
    writer.release()
    return path


def write_mjpeg(path: Path, frames: Iterator[Rgb], quality: int = 92) -> Path:
    """JPEG files one after the other, which Chromium takes for a camera's picture, over and over."""
    with path.open("wb") as file:
        for frame in frames:
            Image.fromarray(frame).save(file, "JPEG", quality=quality)
    return path
