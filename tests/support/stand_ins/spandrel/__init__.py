"""What Layerbridge uses of spandrel 0.4.2, for one kind of network: spandrel itself needs torchvision.

Faithful to libs/spandrel of https://github.com/chaiNNer-org/spandrel: __helpers/loader.py (ModelLoader,
load_from_state_dict, which takes tensors by canonical names), __helpers/registry.py (UnsupportedModelError) and
__helpers/model_descriptor.py (ImageModelDescriptor: scale, channels, model; called with (1, C, H, W) of 0 to 1 it gives
the same, clamped, scale times as large). The network is told as a DAT (architectures/DAT) and repeats pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn


class UnsupportedModelError(Exception):
    pass


class ImageModelDescriptor:
    def __init__(self, model: nn.Module, scale: int, channels: int) -> None:
        self.model, self.scale = model, scale
        self.input_channels = self.output_channels = channels

    def to(self, *where: object) -> ImageModelDescriptor:
        self.model.to(*where)
        return self

    def eval(self) -> ImageModelDescriptor:
        self.model.eval()
        return self

    @torch.inference_mode()
    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image).clamp_(0, 1)


class ModelLoader:
    def __init__(self, device: str | torch.device | None = None) -> None:
        self.device = torch.device(device or "cpu")

    def load_from_state_dict(self, state_dict: Mapping[str, torch.Tensor]) -> ImageModelDescriptor:
        names = {name.removeprefix("params_ema.").removeprefix("params.") for name in state_dict}
        if "before_RG.1.weight" not in names or "conv_first.weight" not in names:
            raise UnsupportedModelError
        tensors = {name.removeprefix("params_ema.").removeprefix("params."): it for name, it in state_dict.items()}
        scale = int(tensors["upscale"].item())
        model = nn.Sequential(nn.Identity(), nn.Upsample(scale_factor=scale, mode="nearest"))
        return ImageModelDescriptor(model.to(self.device), scale, tensors["conv_first.weight"].shape[1])
