"""The detector's network: the first half of MobileNetV2, three scales, one small head for all."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

STRIDES = (8, 16, 32)
"""Pixels between neighbouring places of each scale."""
WIDTH = 64
"""Channels of neck and head."""
LANDMARKS = 5
"""Eyes, nose and corners of the mouth, in the order of `masktrain.geometry.FaceGeometry`."""
# Where MobileNetV2's features leave stride 8 and stride 16; what follows would be most of its weights.
_FINE, _MIDDLE = 7, 11
_FINE_CHANNELS, _MIDDLE_CHANNELS = 32, 64
_FACE_ODDS = 0.01  # of a place before training: Lin et al., "Focal Loss", 2017, section 4.1


class FaceNetwork(nn.Module):
    """A single-stage, anchor-free face detector.

    The trunk is MobileNetV2 (Sandler et al., 2018) up to its 64-channel blocks, so that it can
    start from ImageNet weights and still fits into 1.5 MB of float32. A further block makes
    stride 32; features of coarse scales are added to finer ones (Lin et al., "Feature Pyramid
    Networks", 2017); a head of two depthwise-separable layers is shared by all scales, which
    differ by a factor alone (Tian et al., "FCOS", 2019).
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = mobilenet_v2(weights=None).features[:_MIDDLE]
        self.coarse = nn.Sequential(_separable(_MIDDLE_CHANNELS, WIDTH, stride=2), _separable(WIDTH, WIDTH))
        self.lateral = nn.ModuleList(
            nn.Conv2d(channels, WIDTH, 1) for channels in (_FINE_CHANNELS, _MIDDLE_CHANNELS, WIDTH)
        )
        self.smooth = nn.ModuleList(_separable(WIDTH, WIDTH) for _ in STRIDES)
        self.head = nn.Sequential(_separable(WIDTH, WIDTH), _separable(WIDTH, WIDTH))
        self.score = nn.Conv2d(WIDTH, 1, 1)
        self.box = nn.Conv2d(WIDTH, 4, 1)
        self.points = nn.Conv2d(WIDTH, 2 * LANDMARKS, 1)
        self.scale = nn.Parameter(torch.ones(len(STRIDES)))
        nn.init.constant_(self.score.bias, float(torch.logit(torch.tensor(_FACE_ODDS))))  # type: ignore[arg-type]
        for layer in (self.box, self.points):
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, 0.0)  # type: ignore[arg-type]

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Look for faces.

        Parameters
        ----------
        pixels : Tensor
            float32 (N, 3, H, W), RGB, -1..1; H and W multiples of 32.

        Returns
        -------
        Tensor
            Logits of a face at each place, (N, places): stride 8 row by row, then 16, then 32.
        Tensor
            (N, places, 4): offset of the box's middle from the place, and the logarithms of its
            width and height, all in strides. See `masktrain.detector.places.decode`.
        Tensor
            (N, places, 10): offsets of five landmarks from the place, x and y in turn, in strides.
        """
        scores, boxes, points = [], [], []
        for level, features in enumerate(self._pyramid(pixels)):
            shared = self.head(features)
            scores.append(self.score(shared).flatten(1))
            boxes.append((self.box(shared) * self.scale[level]).flatten(2).transpose(1, 2))
            points.append(self.points(shared).flatten(2).transpose(1, 2))
        return torch.cat(scores, 1), torch.cat(boxes, 1), torch.cat(points, 1)

    def _pyramid(self, pixels: Tensor) -> Sequence[Tensor]:
        fine = self.trunk[:_FINE](pixels)
        middle = self.trunk[_FINE:](fine)
        coarse = self.coarse(middle)
        levels = [
            lateral(features) for lateral, features in zip(self.lateral, (fine, middle, coarse), strict=True)
        ]
        up = nn.functional.interpolate
        levels[1] = levels[1] + up(levels[2], scale_factor=2.0, mode="nearest")
        levels[0] = levels[0] + up(levels[1], scale_factor=2.0, mode="nearest")
        return [smooth(features) for smooth, features in zip(self.smooth, levels, strict=True)]


def _separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Return a depthwise 3 x 3 convolution and a pointwise one (Howard et al., "MobileNets", 2017)."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
