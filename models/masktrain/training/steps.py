"""One step of learning: a batch forward, its loss, and the weights' change."""

import numpy as np
import torch
from torch import Tensor, nn

from masktrain.training.precision import Compute
from masktrain.training.settings import TrainingSettings


class Steps:
    """Takes steps with a network.

    Parameters
    ----------
    network : nn.Module
        On the device of ``compute``; changed by every step.
    compute : Compute
        Device and precision.
    settings : TrainingSettings
        Label smoothing and mixup.
    """

    def __init__(self, network: nn.Module, compute: Compute, settings: TrainingSettings) -> None:
        self._network = network
        self._compute = compute
        self._mixup = settings.mixup
        self._criterion = nn.CrossEntropyLoss(label_smoothing=settings.label_smoothing)
        self.scaler = compute.scaler()

    def take(
        self, pixels: Tensor, labels: Tensor, optimizer: torch.optim.Optimizer, rng: np.random.Generator
    ) -> tuple[float, bool]:
        """Learn from one batch.

        Parameters
        ----------
        pixels : Tensor
            float32 (N, 3, H, W), normalised.
        labels : Tensor
            int64 (N,).
        optimizer : torch.optim.Optimizer
            Of the parameters that learn.
        rng : numpy.random.Generator
            Decides what is mixed.

        Returns
        -------
        float
            The loss.
        bool
            Whether the weights changed: in fp16 a step whose gradients overflow is left out.
        """
        device = self._compute.device
        pixels = pixels.to(device, memory_format=torch.channels_last, non_blocking=True)
        labels = labels.to(device, non_blocking=True)
        loss = self._mixed(pixels, labels, rng) if self._mixup else self._loss(pixels, labels)
        optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        before = self.scaler.get_scale()
        self.scaler.step(optimizer)
        self.scaler.update()
        return loss.item(), self.scaler.get_scale() >= before

    def _loss(self, pixels: Tensor, labels: Tensor) -> Tensor:
        loss: Tensor = self._criterion(self._logits(pixels), labels)
        return loss

    def _mixed(self, pixels: Tensor, labels: Tensor, rng: np.random.Generator) -> Tensor:
        """Mix each crop with another of the batch, and the losses of their labels alike."""
        share = float(rng.beta(self._mixup, self._mixup))
        partners = torch.from_numpy(rng.permutation(len(labels))).to(labels.device)
        logits = self._logits(torch.lerp(pixels[partners], pixels, share))
        own, other = self._criterion(logits, labels), self._criterion(logits, labels[partners])
        loss: Tensor = share * own + (1.0 - share) * other
        return loss

    def _logits(self, pixels: Tensor) -> Tensor:
        with self._compute.autocast():
            logits = self._network(pixels)
        exact: Tensor = logits.float()
        return exact
