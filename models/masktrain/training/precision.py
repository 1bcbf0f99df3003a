"""Which device computes, and in which arithmetic."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from masktrain.errors import TrainingError

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Compute:
    """A device and the type that its matrix products are computed in.

    Attributes
    ----------
    device : torch.device
        Where the network lies.
    dtype : torch.dtype
        Of mixed precision (Micikevicius et al., ICLR 2018); float32 turns it off. Weights,
        losses and the optimiser stay in float32 in any case.
    """

    device: torch.device
    dtype: torch.dtype

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context a forward pass runs in."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    def scaler(self) -> torch.amp.GradScaler:
        """Return a scaler of losses, at work only in fp16, whose range small gradients fall out of."""
        return torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)


def choose_compute(device: str, precision: str) -> Compute:
    """Choose device and precision.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda``, or ``auto``: the graphics card where there is one.
    precision : str
        ``fp32``, ``bf16``, ``fp16``, or ``auto``: bf16, and fp16 on cards that lack it.

    Raises
    ------
    TrainingError
        If the device is not there, or a name is unknown.
    """
    if device not in DEVICES or precision not in PRECISIONS:
        raise TrainingError(
            f"There is no device {device} or no precision {precision}. "
            f"Devices are {', '.join(DEVICES)}; precisions are {', '.join(PRECISIONS)}."
        )
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise TrainingError("torch finds no CUDA device here. Train with --device cpu.")
    kind = "cuda" if there and device != "cpu" else "cpu"
    if precision == "auto":
        precision = (
            "fp16"
            if kind == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
            else "bf16"
        )
    return Compute(torch.device(kind), _TYPES[precision])
