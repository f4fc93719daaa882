"""The refiner as an ONNX file that OpenCV runs at any size: batch normalisation folded into the convolutions."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .network import FOLDED, SEEN, Convolution, Refiner
from .onnx_file import FLOAT, Graph


@torch.no_grad()
def to_onnx(refiner: Refiner) -> bytes:
    """Input "folded" (1, 32, h, w), output "added" (1, 4, h, w). Weights in half precision."""
    graph = Graph()

    def convolved(given: str, layer: nn.Conv2d, made: str = "") -> str:
        if layer.bias is None:
            raise ValueError("a convolution without a bias")
        weights = [graph.constant(part.half().contiguous().numpy()) for part in (layer.weight, layer.bias)]
        single = [graph.add("Cast", [weight], to=FLOAT) for weight in weights]
        stride = layer.stride[0]
        return graph.add(
            "Conv", [given, *single], made, kernel_shape=(3, 3), pads=(1, 1, 1, 1), strides=(stride, stride)
        )

    def block(given: str, layer: nn.Module) -> str:
        for part in layer.modules():
            if isinstance(part, Convolution):
                convolution, normalization = part[0], part[1]
                if isinstance(convolution, nn.Conv2d) and isinstance(normalization, nn.BatchNorm2d):
                    given = graph.add("Relu", [convolved(given, fuse_conv_bn_eval(convolution, normalization))])
        return given

    refiner = refiner.eval()
    kept = [block("folded", refiner.first)]
    for down in refiner.down:
        kept.append(block(kept[-1], down))
    found = kept.pop()
    scales = graph.constant(np.array((1, 1, 2, 2), np.float32))
    for up, skipped in zip(reversed(refiner.up), reversed(kept), strict=True):
        larger = graph.add(
            "Resize", [found, "", scales], mode="nearest", coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )  # fmt: skip
        found = block(graph.add("Concat", [larger, skipped], axis=1), up)
    convolved(found, refiner.last, "added")
    return graph.file({"folded": (1, SEEN * FOLDED**2, 0, 0)}, {"added": (1, FOLDED**2, 0, 0)})
