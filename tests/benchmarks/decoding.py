"""A photograph of 12 megapixels sent as a crop: decoded as the function does, and whole."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from maskservice.decoding import decode, decode_crop, open_picture
from tests.benchmarks.inputs import jpeg, photograph
from tests.benchmarks.rows import Row, at_most, interleaved, paired_ratio

WIDTH, HEIGHT = 4000, 3000
INPUT_SIZE = (128, 128)
TIME_TARGET, MEMORY_TARGET = 0.4, 0.2

_ALONE = """
import sys
from pathlib import Path
from maskservice.decoding import decode, decode_crop, open_picture
data = Path(sys.argv[1]).read_bytes()
decode_crop(open_picture(Path(sys.argv[3]).read_bytes()), (128, 128))
from tests.memory import peak_mb
before = peak_mb()
decode(data) if sys.argv[2] == "whole" else decode_crop(open_picture(data), (128, 128))
print(peak_mb() - before)
"""


def measure(seconds: float) -> list[Row]:
    """Return time and memory, baseline and progressive."""
    rows = []
    for progressive in (False, True):
        kind = "progressive" if progressive else "baseline"
        data = jpeg(photograph(WIDTH, HEIGHT), 85, progressive=progressive)
        ours_ms, whole_ms = interleaved(
            [lambda: decode_crop(open_picture(data), INPUT_SIZE), lambda: decode(data)],  # noqa: B023
            seconds,
        )
        ours_mb, whole_mb = (_memory_mb(data, how) for how in ("crop", "whole"))
        targets = (None, None) if progressive else (TIME_TARGET, MEMORY_TARGET)
        rows += [
            Row(f"12-MP {kind} JPEG decoded as a crop", median(ours_ms), "ms"),
            Row(f"12-MP {kind} JPEG decoded whole", median(whole_ms), "ms"),
            at_most(f"12-MP {kind} JPEG: time", paired_ratio(ours_ms, whole_ms), "ratio", targets[0]),
            Row(f"12-MP {kind} JPEG decoded as a crop: memory", ours_mb, "MB"),
            Row(f"12-MP {kind} JPEG decoded whole: memory", whole_mb, "MB"),
            at_most(f"12-MP {kind} JPEG: memory", ours_mb / whole_mb, "ratio", targets[1]),
        ]
    return rows


def _memory_mb(data: bytes, how: str) -> float:
    """Return how much higher a fresh process climbs, beyond the file itself and the decoder."""
    with tempfile.TemporaryDirectory() as folder:
        picture, small = Path(folder, "large.jpg"), Path(folder, "small.jpg")
        picture.write_bytes(data)
        small.write_bytes(jpeg(photograph(64, 64), 85))
        command = [sys.executable, "-c", _ALONE, str(picture), how, str(small)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(told) * 2**20 / 1e6
