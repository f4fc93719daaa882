"""The refiner as an ONNX file that OpenCV runs at any size: batch normalisation folded into the convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .network import FOLDED, SEEN, Refiner

OPSET, FORMAT = 13, 8


@dataclass
class _Graph:
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, kind: str, given: list[str], **more: object) -> str:
        made = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, given, [made], **more))
        return made

    def constant(self, values: np.ndarray) -> str:
        name = f"weights{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolution(self, given: str, layer: nn.Conv2d) -> str:
        weight, bias = (part.detach().contiguous().half().numpy() for part in (layer.weight, layer.bias))
        names = [self.add("Cast", [self.constant(part)], to=TensorProto.FLOAT) for part in (weight, bias)]
        stride = list(layer.stride)
        return self.add("Conv", [given, *names], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=stride)


def to_onnx(refiner: Refiner) -> bytes:
    """Input "folded" (1, 16, h, w), output "alpha" (1, 4, h, w) 0 to 1. Weights in half precision."""
    graph = _Graph()

    def block(given: str, layer: nn.Sequential) -> str:
        for convolution, normalization in _pairs(layer):
            given = graph.add("Relu", [graph.convolution(given, fuse_conv_bn_eval(convolution, normalization))])
        return given

    refiner = refiner.eval().float()
    kept = [block("folded", refiner.first)]
    for down in refiner.down:
        kept.append(block(kept[-1], down))
    found = kept.pop()
    scales = graph.constant(np.array((1, 1, 2, 2), np.float32))
    modes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    for up, skipped in zip(reversed(refiner.up), reversed(kept), strict=True):
        larger = graph.add("Resize", [found, "", scales], **modes)
        found = block(graph.add("Concat", [larger, skipped], axis=1), up)
    made = graph.add("Sigmoid", [graph.convolution(found, refiner.last)])
    graph.nodes.append(helper.make_node("Identity", [made], ["alpha"]))
    shapes = {"folded": SEEN * FOLDED**2, "alpha": FOLDED**2}
    given, out = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, f"{name} rows", f"{name} columns"])
                  for name, channels in shapes.items())  # fmt: skip
    made_graph = helper.make_graph(graph.nodes, "refiner", [given], [out], graph.weights)
    model = helper.make_model(made_graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _pairs(layer: nn.Sequential) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    parts = [part for part in layer.modules() if isinstance(part, (nn.Conv2d, nn.BatchNorm2d))]
    yield from zip(parts[::2], parts[1::2], strict=True)


@torch.no_grad()
def write(refiner: Refiner, path: str) -> None:
    with open(path, "wb") as file:
        file.write(to_onnx(refiner))
