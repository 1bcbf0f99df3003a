"""Runs a network over fixed crops."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader


def predict(
    network: nn.Module, batches: DataLoader[tuple[Tensor, int]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Run a network over fixed crops, in float32, on the device it lies on.

    Parameters
    ----------
    network : nn.Module
        Put into evaluation mode.
    batches : DataLoader
        See `masktrain.training.loading.fixed_loader`.

    Returns
    -------
    ndarray of int64, shape (n,)
        True label indices.
    ndarray of float32, shape (n, labels)
        Logits.
    """
    network.eval()
    device = next(network.parameters()).device
    labels, logits = [], []
    with torch.inference_mode():
        for pixels, truth in batches:
            placed = pixels.to(device, memory_format=torch.channels_last, non_blocking=True)
            labels.append(np.asarray(truth))
            logits.append(network(placed).float().cpu().numpy())
    return np.concatenate(labels), np.concatenate(logits)
