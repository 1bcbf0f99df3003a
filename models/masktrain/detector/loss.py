"""Which places answer for which face, and how wrong their answers are."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import generalized_box_iou_loss

from masktrain.detector.places import decode, grid

# Size of a face (root of its area, pixels) that each scale answers for. Neighbours overlap, so that
# a face at a border is learnt by both.
_SIZES = ((0.0, 56.0), (40.0, 128.0), (96.0, 1e9))
_RADIUS = 1.5
"""How far from a face's middle places answer for it, in strides (FCOS's centre sampling)."""
_BOX_WEIGHT = 2.0
_IGNORE = -2
_NOBODY = -1


@dataclass(frozen=True)
class Faces:
    """What is known of one picture.

    Attributes
    ----------
    boxes : Tensor
        float32 (faces, 4), x1, y1, x2, y2 in pixels.
    ignored : Tensor
        float32 (regions, 4): where nobody knows whether there is a face.
    """

    boxes: Tensor
    ignored: Tensor


def assign(faces: Faces, middles: Tensor, strides: Tensor) -> Tensor:
    """Return for each place the face it answers for, -1 for none, -2 where it is not to be asked.

    Of several faces the smallest is taken, as it lies in front or has the fewest places.
    """
    owner = torch.full((len(middles),), _NOBODY, dtype=torch.long)
    x, y = middles.unbind(1)
    if len(faces.ignored):
        x1, y1, x2, y2 = faces.ignored.T[..., None]
        owner[((x > x1) & (x < x2) & (y > y1) & (y < y2)).any(0)] = _IGNORE
    if not len(faces.boxes):
        return owner
    x1, y1, x2, y2 = faces.boxes.T[..., None]
    size = ((x2 - x1) * (y2 - y1)).sqrt()
    least, most = (torch.tensor(limits)[_level(strides)] for limits in zip(*_SIZES, strict=True))
    # At least half a face wide, so that a face smaller than a stride is still answered for.
    reach_x = torch.minimum(_RADIUS * strides, torch.maximum((x2 - x1) / 2, strides * 0.71))
    reach_y = torch.minimum(_RADIUS * strides, torch.maximum((y2 - y1) / 2, strides * 0.71))
    near = ((x - (x1 + x2) / 2).abs() < reach_x) & ((y - (y1 + y2) / 2).abs() < reach_y)
    sizes = torch.where(near & (size >= least) & (size < most), size, torch.inf)
    smallest, which = sizes.min(0)
    return torch.where(smallest.isfinite(), which, owner)


def detection_loss(scores: Tensor, raw: Tensor, faces: list[Faces], height: int, width: int) -> Tensor:
    """Return the mean loss per answering place: quality focal loss plus generalised IoU.

    A place's score is taught to be the overlap of its box with the face (Li et al., "Generalized
    Focal Loss", 2020), so that of several finds of a face the best framed one wins.

    Parameters
    ----------
    scores, raw : Tensor
        As `FaceNetwork` returns them for a batch.
    faces : list of Faces
        One per picture.
    height, width : int
        Of the pictures in pixels.
    """
    middles, strides = grid(height, width)
    owners = torch.stack([assign(known, middles, strides) for known in faces])
    answers = owners >= 0
    boxes = decode(raw.float(), middles, strides)
    truth = torch.cat([known.boxes[owner[owner >= 0]] for known, owner in zip(faces, owners, strict=True)])
    quality = torch.zeros_like(scores, dtype=torch.float32)
    losses = generalized_box_iou_loss(boxes[answers], truth, reduction="none")
    quality[answers] = _overlap(boxes[answers].detach(), truth)
    share = scores.float().sigmoid()
    focal = (quality - share).abs().square() * functional.binary_cross_entropy_with_logits(
        scores.float(), quality, reduction="none"
    )
    count = answers.sum().clamp(min=1)
    total: Tensor = focal[owners != _IGNORE].sum() + _BOX_WEIGHT * losses.sum()
    return total / count


def _level(strides: Tensor) -> Tensor:
    return torch.log2(strides).round().long() - 3


def _overlap(boxes: Tensor, truth: Tensor) -> Tensor:
    """Return the intersection over union of boxes pair by pair."""
    sides = (torch.minimum(boxes[:, 2:], truth[:, 2:]) - torch.maximum(boxes[:, :2], truth[:, :2])).clamp(
        min=0
    )
    shared = sides.prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (truth[:, 2:] - truth[:, :2]).prod(1)
    return shared / (areas - shared).clamp(min=1e-6)
