"""Which places answer for which face, and how wrong their answers are."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import generalized_box_iou_loss

from masktrain.detector.places import decode, decode_points, grid

# Size of a face (root of its area, pixels) that each scale answers for. Neighbours overlap, so that
# a face at a border is learnt by both.
_SIZES = ((0.0, 56.0), (40.0, 128.0), (96.0, 1e9))
_RADIUS = 1.5
"""How far from a face's middle places answer for it, in strides (FCOS's centre sampling)."""
_BOX_WEIGHT = 2.0
_POINTS_WEIGHT = 2.0
_LEAST_QUALITY = 0.5
"""Score that a place with a face in front of it is taught, however badly its box fits. Boxes of small
faces fit worse and annotators frame them differently: taught the bare overlap, they would score little
higher than what is no face."""
_SLACK = 0.02
"""Error of a landmark, in sides of the box, below which its loss is quadratic: the teacher is no surer."""
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
    points : Tensor
        float32 (faces, 10), x and y of each landmark in turn, in pixels; NaN where they are unknown.
    """

    boxes: Tensor
    ignored: Tensor
    points: Tensor


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


def detection_loss(
    outputs: tuple[Tensor, Tensor, Tensor], faces: list[Faces], height: int, width: int
) -> Tensor:
    """Return the mean loss per answering place: quality focal loss, generalised IoU, landmarks.

    A place's score is taught to rise with the overlap of its box with the face (Li et al.,
    "Generalized Focal Loss", 2020), so that of several finds of a face the best framed one wins.

    Parameters
    ----------
    outputs : tuple of Tensor
        What `FaceNetwork` returns for a batch.
    faces : list of Faces
        One per picture.
    height, width : int
        Of the pictures in pixels.
    """
    scores, raw, raw_points = (output.float() for output in outputs)
    middles, strides = grid(height, width)
    owners = torch.stack([assign(known, middles, strides) for known in faces])
    answers = owners >= 0
    boxes = decode(raw, middles, strides)[answers]
    owned = [owner[owner >= 0] for owner in owners]
    truth = torch.cat([known.boxes[owner] for known, owner in zip(faces, owned, strict=True)])
    quality = torch.zeros_like(scores)
    quality[answers] = _LEAST_QUALITY + (1.0 - _LEAST_QUALITY) * _overlap(boxes.detach(), truth)
    focal = (quality - scores.sigmoid()).abs().square() * functional.binary_cross_entropy_with_logits(
        scores, quality, reduction="none"
    )
    points = decode_points(raw_points, middles, strides)[answers]
    true_points = torch.cat([known.points[owner] for known, owner in zip(faces, owned, strict=True)])
    total: Tensor = (
        focal[owners != _IGNORE].sum()
        + _BOX_WEIGHT * generalized_box_iou_loss(boxes, truth, reduction="sum")
        + _POINTS_WEIGHT * _points_loss(points, true_points, truth)
    )
    return total / answers.sum().clamp(min=1)


def _points_loss(points: Tensor, truth: Tensor, boxes: Tensor) -> Tensor:
    """Return the summed loss of landmarks: their mean error in sides of the box, where they are known."""
    known = truth.isfinite().all(1)
    side = (boxes[known, 2:] - boxes[known, :2]).prod(1).sqrt()[:, None]
    error = (points[known] - truth[known]) / side
    return (
        functional.smooth_l1_loss(error, torch.zeros_like(error), beta=_SLACK, reduction="sum")
        / error.shape[1]
    )


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
