"""The ONNX file that ships: a picture of any size in, boxes and landmarks in its pixels and scores out.

Scaling, normalisation, decoding and non-maximum suppression are standard operators of the graph,
so that no program that uses it holds a line of that.
"""

from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from onnx import compose, parser
from torch import Tensor, nn

from masktrain.detector.card import DetectorCard
from masktrain.detector.network import LANDMARKS, STRIDES, FaceNetwork
from masktrain.detector.places import decode, decode_points, grid_of
from masktrain.release.export import forget_origin, write_model

OPSET = 18
OUTPUTS = ("boxes", "scores", "landmarks")
_IR_VERSION = 9
_MOST_FACES = 300

# `picture` is uint8 (height, width, 3). Scaled to less than half, pixels would be left out, so they
# are averaged, as the training's pictures were; above that interpolation reads all of them in half
# the time.
_PREPARE = """
<ir_version: {ir}, opset_import: ["": {opset}]>
prepare (uint8[height, width, 3] picture)
  => (float[1, 3, rows, columns] pixels, float[2] ratio, float[2] size)
<float side = {{{side}}}, float one = {{1}}, int64[1] single = {{1}}, int64[1] colours = {{3}},
 int64[1] step = {{{step}}}, int64[1] before = {{0}},
 int64[6] start = {{0, 0, 0, 0, 0, 0}}, float black = {{0}},
 float half = {{127.5}}, float half_size = {{0.5}}>
{{
  shape = Shape<start = 0, end = 2>(picture)
  size = Cast<to = 1>(shape)
  longest = ReduceMax<keepdims = 0>(size)
  wanted = Div(side, longest)
  scale = Min(wanted, one)
  scaled = Mul(size, scale)
  rounded = Round(scaled)
  whole = Cast<to = 7>(rounded)
  small = Max(whole, single)
  batch = Unsqueeze(picture, before)
  far = Less(scale, half_size)
  resized = If (far) <
    then_branch = averaged () => (averages) {{
      across = Concat<axis = 0>(single, small, colours)
      averaged_rows = Resize<mode = "linear", antialias = 1, coordinate_transformation_mode = "half_pixel">
        (batch, , , across)
      averaged_planes = Transpose<perm = [0, 3, 1, 2]>(averaged_rows)
      averages = Cast<to = 1>(averaged_planes)
    }},
    else_branch = interpolated () => (between) {{
      planes = Transpose<perm = [0, 3, 1, 2]>(batch)
      values = Cast<to = 1>(planes)
      sizes = Concat<axis = 0>(single, colours, small)
      between = Resize<mode = "linear", coordinate_transformation_mode = "half_pixel">(values, , , sizes)
    }}
  >
  past = Mod(small, step)
  short = Sub(step, past)
  missing = Mod(short, step)
  pads = Concat<axis = 0>(start, missing)
  padded = Pad<mode = "constant">(resized, pads, black)
  shares = Div(padded, half)
  pixels = Sub(shares, one)
  kept = Cast<to = 1>(small)
  ratio = Div(size, kept)
}}
"""

# The last axis of boxes is x1, y1, x2, y2, that of marks x and y in turn; ratio and size are height, width.
_SELECT = """
<ir_version: {ir}, opset_import: ["": {opset}]>
select (float[1, places, 4] corners, float[1, places] shares, float[1, places, {twice}] marks,
        float[2] ratio_in, float[2] size_in)
  => (float[faces, 4] boxes, float[faces] scores, float[faces, {landmarks}, 2] landmarks)
<int64 most = {{{most}}}, float least = {{{floor}}}, float shared = {{{overlap}}},
 int64[1] class_axis = {{1}}, int64[1] column = {{2}},
 int64[4] turned = {{1, 0, 1, 0}}, int64[1] flat = {{-1}}, int64[1] first = {{0}},
 float[4] grow = {{{grow}}}, float zero = {{0}}, float[4] minus = {{-0.5, -0.5, 0.5, 0.5}},
 int64[4] left = {{0, 1, 0, 1}}, int64[4] right = {{2, 3, 2, 3}}, float two = {{2}},
 int64[2] across_down = {{1, 0}}, int64[3] points = {{-1, {landmarks}, 2}}>
{{
  by_class = Unsqueeze(shares, class_axis)
  chosen = NonMaxSuppression(corners, by_class, most, shared, least)
  picked = Gather<axis = 1>(chosen, column)
  places = Reshape(picked, flat)
  all_boxes = Squeeze(corners, first)
  all_scores = Squeeze(shares, first)
  found = Gather<axis = 0>(all_boxes, places)
  scores = Gather<axis = 0>(all_scores, places)
  low = Gather<axis = 1>(found, left)
  high = Gather<axis = 1>(found, right)
  total = Add(low, high)
  middle = Div(total, two)
  sides = Sub(high, low)
  grown = Mul(sides, grow)
  reach = Mul(grown, minus)
  framed = Add(middle, reach)
  by_side = Gather<axis = 0>(ratio_in, turned)
  spread = Mul(framed, by_side)
  limits = Gather<axis = 0>(size_in, turned)
  above = Max(spread, zero)
  boxes = Min(above, limits)
  all_marks = Squeeze(marks, first)
  of_found = Gather<axis = 0>(all_marks, places)
  in_pairs = Reshape(of_found, points)
  by_axis = Gather<axis = 0>(ratio_in, across_down)
  landmarks = Mul(in_pairs, by_axis)
}}
"""


@dataclass(frozen=True)
class _Names:
    pixels: str = "net_pixels"
    corners: str = "net_corners"
    shares: str = "net_shares"
    marks: str = "net_marks"


class _Decoded(nn.Module):
    """The network with its numbers made boxes and probabilities."""

    def __init__(self, network: FaceNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        scores, raw, points = self.network(pixels)
        middles, strides = grid_of(pixels.shape[2], pixels.shape[3])
        return (
            decode(raw, middles, strides),
            scores.sigmoid(),
            decode_points(points, middles, strides),
        )


def export_detector(network: FaceNetwork, card: DetectorCard, path: Path) -> None:
    """Write the detector and its card as one ONNX file, in one step.

    Parameters
    ----------
    network : FaceNetwork
        Trained; put into evaluation mode.
    card : DetectorCard
        Embedded; says how large pictures are looked at, and which finds come out.
    path : Path
        Where to write. Input ``picture``, uint8 (height, width, 3), RGB; outputs ``boxes``, float32
        (N, 4), x1, y1, x2, y2 in the picture's pixels, ``scores``, float32 (N,), the best first, and
        ``landmarks``, float32 (N, 5, 2), x, y in the picture's pixels, in the order of
        `masktrain.geometry.FaceGeometry`; they may lie outside the picture.
    """
    numbers = {
        "ir": _IR_VERSION,
        "opset": OPSET,
        "side": card.longest_side,
        "step": max(STRIDES),
        "most": _MOST_FACES,
        "floor": card.score_floor,
        "overlap": card.most_overlap,
        "grow": ", ".join(map(str, (*card.framing, *card.framing))),
        "landmarks": LANDMARKS,
        "twice": 2 * LANDMARKS,
    }
    names = _Names()
    prepare = parser.parse_model(_PREPARE.format(**numbers))
    select = compose.add_prefix(parser.parse_model(_SELECT.format(**numbers)), "out_")
    model = compose.merge_models(prepare, _network_graph(network, names), [("pixels", names.pixels)])
    links = [
        (names.corners, "out_corners"),
        (names.shares, "out_shares"),
        (names.marks, "out_marks"),
        ("ratio", "out_ratio_in"),
        ("size", "out_size_in"),
    ]
    model = compose.merge_models(model, select, links)
    _rename_outputs(model, {f"out_{name}": name for name in OUTPUTS})
    model.graph.name = card.name
    write_model(model, card, path)


def _network_graph(network: FaceNetwork, names: _Names) -> onnx.ModelProto:
    """Export the network alone, for inputs of any multiple of 32 pixels."""
    module = _Decoded(network.to("cpu", torch.float32)).eval()
    module.to(memory_format=torch.contiguous_format)
    rows, columns = (torch.export.Dim(name, min=1, max=64) for name in ("rows", "columns"))
    step = max(STRIDES)
    program = torch.onnx.export(
        module,
        (torch.zeros(1, 3, 7 * step, 9 * step),),
        dynamo=True,
        input_names=["pixels"],
        output_names=["corners", "shares", "marks"],
        dynamic_shapes=({2: step * rows, 3: step * columns},),
        opset_version=OPSET,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program.")
    model = program.model_proto
    model.ir_version = _IR_VERSION
    forget_origin(model)
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    return compose.add_prefix(model, names.pixels.removesuffix("pixels"))


def _rename_outputs(model: onnx.ModelProto, names: dict[str, str]) -> None:
    for node in model.graph.node:
        for index, name in enumerate(node.output):
            node.output[index] = names.get(name, name)
    for output in model.graph.output:
        output.name = names.get(output.name, output.name)
