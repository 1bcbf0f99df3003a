"""What light, camera and network do to a training picture of the detector."""

import cv2
import numpy as np

from masktrain.detector.pictures import Rgb


def finish(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """Recolour, blur, add noise and compress a picture at random; its geometry stays."""
    pixels = rgb.astype(np.float32)
    if rng.random() < 0.7:
        gain = np.exp(rng.normal(0.0, 0.12, 3) + rng.normal(0.0, 0.3)).astype(np.float32)
        mean = pixels.mean()
        pixels = (pixels - mean) * np.float32(rng.uniform(0.7, 1.3)) + mean
        pixels *= gain
    if rng.random() < 0.12:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.15:
        blurred = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.5, 1.6)))
        pixels = np.asarray(blurred, dtype=np.float32)
    if rng.random() < 0.15:
        grain = rng.normal(0.0, rng.uniform(2.0, 12.0), pixels.shape[:2])
        pixels = pixels + grain[..., None].astype(np.float32)
    finished = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))]
        packed = cv2.imencode(".jpg", finished, quality)[1]
        finished = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(finished)
