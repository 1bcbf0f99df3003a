"""The places at which the network looks for faces, and how its numbers there become boxes."""

from functools import lru_cache

import torch
from torch import Tensor

from masktrain.detector.network import LANDMARKS, STRIDES

MOST_LOG_SIZE = 4.0
"""Logarithm of the largest box in strides; keeps an early training from overflowing."""


@lru_cache(maxsize=64)
def grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return what `grid_of` does, from memory where it was asked for before."""
    return grid_of(height, width)


def grid_of(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the middle of each place in pixels, (places, 2) as x, y, and its stride, (places,).

    Parameters
    ----------
    height, width : int
        Of the input in pixels, multiples of 32.
    """
    middles, strides = [], []
    for stride in STRIDES:
        rows, columns = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        middles.append((torch.stack([columns, rows], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((rows.numel(),), float(stride)))
    return torch.cat(middles), torch.cat(strides)


def decode(raw: Tensor, middles: Tensor, strides: Tensor) -> Tensor:
    """Turn the network's numbers into boxes.

    Parameters
    ----------
    raw : Tensor
        (..., places, 4), as `FaceNetwork` returns them.
    middles, strides : Tensor
        As `grid` returns them.

    Returns
    -------
    Tensor
        (..., places, 4): x1, y1, x2, y2 in pixels of the input.
    """
    scale = strides[:, None]
    centre = middles + raw[..., :2] * scale
    half = raw[..., 2:].clamp(max=MOST_LOG_SIZE).exp() * scale / 2
    return torch.cat([centre - half, centre + half], -1)


def decode_points(raw: Tensor, middles: Tensor, strides: Tensor) -> Tensor:
    """Turn the network's numbers into landmarks.

    Parameters
    ----------
    raw : Tensor
        (..., places, 10), as `FaceNetwork` returns them.
    middles, strides : Tensor
        As `grid` returns them.

    Returns
    -------
    Tensor
        (..., places, 10): x and y of each landmark in turn, in pixels of the input.
    """
    return middles.repeat(1, LANDMARKS) + raw * strides[:, None]
