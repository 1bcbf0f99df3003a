"""ImageNet weights of MobileNetV2 with batch normalisation folded in, made trainable again."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn


def load_folded(network: nn.Module, path: Path) -> None:
    """Put folded ImageNet weights into a MobileNetV2's backbone.

    The file holds convolutions whose batch normalisation is folded in, as weight and bias. The
    bias goes to the batch normalisation, which otherwise stays the identity; the network then
    computes what the file's did, but cannot be trained in this state: see `restore_batch_norm`.

    Parameters
    ----------
    network : nn.Module
        A MobileNetV2, changed in place; its last layer is left alone, for its classes are others.
    path : Path
        An ``.npz`` with arrays ``NN_OP_w`` and ``NN_OP_b`` in network order, OP being CONV_2D or
        DEPTHWISE_CONV_2D, weights in TensorFlow Lite's layout.

    Raises
    ------
    ValueError
        If the file's layers are not those of the network.
    """
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    with np.load(path) as arrays:
        weights = sorted(name for name in arrays.files if name.endswith("_w"))[: len(convolutions)]
        if len(weights) != len(convolutions):
            raise ValueError(f"{path} holds {len(weights)} layers; MobileNetV2 has {len(convolutions)}.")
        for name, convolution, norm in zip(weights, convolutions, norms, strict=True):
            # Depthwise weights are (1, kh, kw, channels), the others (out, kh, kw, in).
            axes = (3, 0, 1, 2) if "DEPTHWISE" in name else (0, 3, 1, 2)
            weight = torch.from_numpy(arrays[name].transpose(axes).copy())
            if weight.shape != convolution.weight.shape:
                raise ValueError(f"{path}: {name} does not fit a layer of shape {convolution.weight.shape}.")
            with torch.no_grad():
                convolution.weight.copy_(weight)
                norm.reset_parameters()
                norm.bias.copy_(torch.from_numpy(arrays[name.removesuffix("_w") + "_b"]))


def restore_batch_norm(network: nn.Module, pictures: Tensor) -> None:
    """Give folded batch normalisations real statistics without changing what they compute.

    Each one is measured on some pictures; its running mean and variance become the measured
    ones, and its weight and bias undo them. The network's output in evaluation stays the same,
    and training with batch statistics starts from about the same function instead of from noise.

    Parameters
    ----------
    network : nn.Module
        As left by `load_folded`; changed in place.
    pictures : Tensor
        Normalised pictures, float32 (N, 3, H, W), a few hundred of the training set.
    """
    moments: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}

    def measure(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        if isinstance(norm, nn.BatchNorm2d):
            values = inputs[0].transpose(0, 1).flatten(1)
            moments[norm] = (values.mean(1), values.var(1, correction=0))

    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    network.eval()
    with torch.inference_mode():
        network(pictures)
    for hook in hooks:
        hook.remove()
    with torch.no_grad():
        for norm, (mean, variance) in moments.items():
            if norm.running_mean is None or norm.running_var is None:
                raise ValueError("The network's batch normalisation keeps no running statistics.")
            # The output so far is x / sqrt(1 + eps) + bias: keep it to the rounding error.
            scale = 1.0 / (1.0 + norm.eps) ** 0.5
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_(scale * (variance + norm.eps).sqrt())
            norm.bias.add_(scale * mean)
