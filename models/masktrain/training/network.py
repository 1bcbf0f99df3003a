"""The classifier network, and which part of it learns."""

from dataclasses import dataclass

from torch import nn

from masktrain.training.architectures import DEFAULT_ARCHITECTURE, find_architecture

# The MobileNetV2 weights of ../shared/weights were trained on x / 127.5 - 1, which is (x / 255 - 0.5) / 0.5.
MEAN = (0.5, 0.5, 0.5)
STD = (0.5, 0.5, 0.5)

Triple = tuple[float, float, float]
"""A value per channel, in the order red, green, blue."""


@dataclass(frozen=True)
class InputFormat:
    """What a network wants to be fed (a `maskservice.preprocessing.InputSpec`).

    Attributes
    ----------
    input_size : tuple of int
        Height and width in pixels.
    mean, std : tuple of float
        Per channel, RGB, for values in 0..1. They belong to the weights a network started from.
    """

    input_size: tuple[int, int]
    mean: Triple = MEAN
    std: Triple = STD


def build_network(architecture: str = DEFAULT_ARCHITECTURE, dropout: float | None = None) -> nn.Module:
    """Make an untrained network with one output per label.

    Parameters
    ----------
    architecture : str
        A name of `masktrain.training.architectures.ARCHITECTURES`.
    dropout : float, optional
        Share of features dropped before the last layers while training, in architectures that do
        so; by default the architecture's own.

    Returns
    -------
    nn.Module
        Input float32 (N, 3, H, W), normalised RGB; output logits (N, 4) in the order of
        ``maskservice.modelcard.LABELS``.

    Raises
    ------
    TrainingError
        If there is no architecture of that name.
    """
    kind = find_architecture(architecture)
    network = kind.build()
    if dropout is not None:
        for module in network.get_submodule(kind.head).modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout
    return network


def learn(
    network: nn.Module, architecture: str, *, whole: bool, frozen_blocks: int = 0
) -> list[nn.Parameter]:
    """Put a network into training mode, as a whole or its last layer only.

    A backbone that does not learn stays in evaluation mode, so that neither its weights nor its
    running statistics change; dropout before the last layer is active either way.

    Parameters
    ----------
    network : nn.Module
        Changed in place.
    architecture : str
        Its name.
    whole : bool
        Whether the backbone learns too.
    frozen_blocks : int
        How many of the backbone's first parts never learn: they look for edges and colours, as
        ImageNet taught them, and cost the most time.

    Returns
    -------
    list of nn.Parameter
        What learns.
    """
    kind = find_architecture(architecture)
    network.train(whole).requires_grad_(whole)
    if not whole:
        network.get_submodule(kind.head).train()
        kind.last_layer(network)[1].requires_grad_()
    for block in kind.blocks(network)[:frozen_blocks]:
        block.eval().requires_grad_(requires_grad=False)
    return [parameter for parameter in network.parameters() if parameter.requires_grad]
