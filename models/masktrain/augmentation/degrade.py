"""What lamps, cameras and networks do to a crop: light, casts, blur, noise, small faces, JPEG.

The changes come in the order in which they happen (light, lens, sensor, scaling, compression). Most
crops get few of them and mild ones, for most of what a service is sent is clean.
"""

import io
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from masktrain.framing import CROP_MARGIN

Pixels = npt.NDArray[np.uint8]
"""RGB, 0..255, shape (height, width, 3)."""

_LAMP_SPREAD = 0.16  # of the log gain red against blue: about 3,000 K to 9,000 K after auto white balance
# Short side of a distant face in pixels; the model card admits faces of 24.
_SMALL_FACE = (20.0, 64.0)
_DARKEST_MEAN = 16.0  # level below which mask and beard look alike, judged on sheets of crops
_SCALERS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST)
_SCALER_ODDS = (0.5, 0.4, 0.1)


@dataclass(frozen=True)
class Degradation:
    """How often each change happens: each ``*_odds`` is a share of the crops, 0 to 1."""

    light_odds: float = 0.6
    side_light_odds: float = 0.15
    cast_odds: float = 0.3
    grey_odds: float = 0.06
    posterise_odds: float = 0.02
    blur_odds: float = 0.12
    motion_odds: float = 0.05
    dark_room_odds: float = 0.05
    noise_odds: float = 0.2
    small_face_odds: float = 0.35
    sharpen_odds: float = 0.06
    jpeg_odds: float = 0.4

    def apply(self, crop: Image.Image, rng: np.random.Generator) -> Image.Image:
        """Degrade a crop.

        Parameters
        ----------
        crop : PIL.Image.Image
            Mode ``RGB``; not changed.
        rng : numpy.random.Generator
            Decides everything.

        Returns
        -------
        PIL.Image.Image
            Mode ``RGB``; smaller than the crop where a distant face is imitated.
        """
        pixels: Pixels = np.asarray(crop)
        steps = (
            (self.light_odds, relight),
            (self.side_light_odds, light_from_aside),
            (self.cast_odds, tint),
            (self.grey_odds, remove_colour),
            (self.blur_odds, defocus),
            (self.motion_odds, smear),
            (self.dark_room_odds, darken_room),
            (self.noise_odds, add_noise),
            (self.small_face_odds, shrink),
            (self.sharpen_odds, sharpen),
            (self.posterise_odds, posterise),
            (self.jpeg_odds, compress),
        )
        for odds, step in steps:
            if rng.random() < odds:
                pixels = step(pixels, rng)
        return Image.fromarray(pixels)


def relight(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Vary gamma, contrast and exposure."""
    gamma = np.exp(rng.normal(0.0, 0.3))
    gain = rng.uniform(0.3, 0.7) if rng.random() < 0.12 else rng.uniform(0.7, 1.3)
    gain = max(gain, min(0.7, 2.0 * _DARKEST_MEAN / (float(pixels.mean()) + 1.0)))
    contrast = rng.uniform(0.7, 1.25)
    values = np.linspace(0.0, 1.0, 256) ** gamma
    values = ((values - 0.5) * contrast + 0.5) * gain
    return _look_up(pixels, values * 255)


def light_from_aside(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Light one side more than the other, or the surroundings more than the face, or the reverse."""
    height, width = pixels.shape[:2]
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)
    y = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    strength = rng.uniform(0.15, 0.9) ** 1.5
    if rng.random() < 0.6:
        angle = rng.uniform(0.0, 2.0 * np.pi)
        field = np.tanh(
            rng.uniform(0.6, 2.5) * (np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.4, 0.4))
        )
        gain = 1.0 + strength * field
    else:
        distance = (x - rng.uniform(-0.4, 0.4)) ** 2 + (y - rng.uniform(-0.4, 0.4)) ** 2
        sign = 1.0 if rng.random() < 0.6 else -1.0  # a window behind the head, or a lamp on the face
        edge, centre = 1.0 + 0.8 * sign * strength, 1.0 - 0.7 * sign * strength
        gain = edge + (centre - edge) * np.exp(-1.5 * distance)
    return _as_pixels(pixels * np.asarray(gain, dtype=np.float32)[..., None])


def tint(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Colour the light like a warm or cold lamp with a little green or magenta; vary saturation."""
    warmth, green = rng.normal(0.0, _LAMP_SPREAD), rng.normal(0.0, 0.06)
    gains = np.exp(np.array([warmth / 2, green, -warmth / 2]))
    lit = _look_up(pixels, np.arange(256.0)[:, None] * gains)
    colour = float(rng.uniform(0.45, 1.2))
    grey = cv2.cvtColor(cv2.cvtColor(lit, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(lit, colour, grey, 1.0 - colour, 0.0), dtype=np.uint8)


def remove_colour(pixels: Pixels, _rng: np.random.Generator) -> Pixels:
    """Turn to grey, as infrared and old cameras do."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def defocus(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blur evenly, by up to a fiftieth of the longer side."""
    sigma = float(rng.uniform(0.003, 0.02)) * max(pixels.shape)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)


def smear(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blur along a line, as a moving head or hand-held camera does."""
    length = float(rng.uniform(0.015, 0.07)) * max(pixels.shape)
    side = 2 * int(np.ceil(length / 2)) + 1
    angle = rng.uniform(0.0, np.pi)
    reach = length / 2 * np.array([np.cos(angle), np.sin(angle)])
    kernel = np.zeros((side, side), dtype=np.float32)
    # Drawn in 1/16 pixel, so that short smears have a direction too.
    start, end = (np.rint((side // 2 + sign * reach) * 16).astype(int).tolist() for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(
        cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8
    )


def darken_room(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Take most of the light away and add the sensor's noise, then quantise.

    Half of the pictures are brightened again afterwards, as a camera's automatic gain does, which
    brightens noise and steps with them.
    """
    gain = float(np.exp(rng.uniform(np.log(0.08), np.log(0.35))))
    # In a picture that is dark already the label would drown.
    gain = min(1.0, max(gain, _DARKEST_MEAN / (float(pixels.mean()) + 1.0)))
    shot = 0.12 + 0.5 * rng.random()  # grows with the root of the signal, as photon counts do
    read = rng.uniform(0.5, 2.5)
    dark = pixels * np.float32(gain)
    spread = np.sqrt(shot * dark + np.float32(read**2), dtype=np.float32)
    seen = _as_pixels(dark + spread * rng.standard_normal(pixels.shape, dtype=np.float32))
    if rng.random() < 0.5:
        lift = 1.0 + rng.uniform(0.2, 0.8) * (1.0 / gain - 1.0)
        return _look_up(seen, np.arange(256.0) * lift)
    return seen


def add_noise(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Add grain with a standard deviation of 2 to 14 levels, coloured or grey."""
    shape = pixels.shape if rng.random() < 0.7 else (*pixels.shape[:2], 1)
    grain = rng.standard_normal(shape, dtype=np.float32) * np.float32(rng.uniform(2.0, 14.0))
    return _as_pixels(pixels + grain)


def shrink(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Reduce to the size of a distant face, small sizes as often as large ones (log-uniformly)."""
    height, width = pixels.shape[:2]
    short = float(np.exp(rng.uniform(*np.log(_SMALL_FACE)))) * (1.0 + 2.0 * CROP_MARGIN)
    factor = short / min(height, width)
    scaler = int(rng.choice(_SCALERS, p=_SCALER_ODDS))
    if factor >= 1.0:
        return pixels
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=scaler), dtype=np.uint8)


def sharpen(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Sharpen until edges have halos, as cheap cameras do (unsharp masking)."""
    amount = float(rng.uniform(0.4, 1.6))
    soft = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.7, 1.8)))
    return np.asarray(cv2.addWeighted(pixels, 1.0 + amount, soft, -amount, 0.0), dtype=np.uint8)


def posterise(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Leave 6 to 24 levels per channel."""
    steps = int(rng.integers(6, 25))
    return _look_up(pixels, np.rint(np.arange(256) / 255 * (steps - 1)) * 255 / (steps - 1))


def compress(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Encode as JPEG of quality 20 to 95 and decode; one picture in four a second time."""
    for _ in range(2 if rng.random() < 0.25 else 1):
        buffer = io.BytesIO()
        quality = int(rng.integers(20, 35)) if rng.random() < 0.1 else int(rng.integers(35, 96))
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=int(rng.choice((0, 2))))
        with Image.open(buffer) as reread:
            pixels = np.asarray(reread.convert("RGB"))
    return pixels


def _look_up(pixels: Pixels, table: npt.NDArray[np.float64]) -> Pixels:
    """Map levels through a table, shape (256,) or (256, 3) for a table per channel."""
    levels = np.clip(np.rint(table), 0, 255).astype(np.uint8)
    if levels.ndim == 1:
        return np.asarray(cv2.LUT(pixels, levels), dtype=np.uint8)
    return np.asarray(cv2.LUT(pixels, levels[None]), dtype=np.uint8)


def _as_pixels(values: npt.NDArray[np.float32]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
