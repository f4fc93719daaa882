"""Tiny seeded networks that enlarge, written as modules by what the papers say, and their files as users have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from safetensors.torch import save_file
from torch import nn


def conv(given: int, made: int) -> nn.Conv2d:
    return nn.Conv2d(given, made, 3, padding=1)


class Dense(nn.Module):
    def __init__(self, width: int, grown: int) -> None:
        super().__init__()
        for number in range(1, 6):
            setattr(self, f"conv{number}", conv(width + (number - 1) * grown, width if number == 5 else grown))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        known = x
        for number in range(1, 5):
            known = torch.cat((known, F.leaky_relu(getattr(self, f"conv{number}")(known), 0.2)), 1)
        return x + self.conv5(known) * 0.2


class Block(nn.Module):
    def __init__(self, width: int, grown: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (Dense(width, grown) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.rdb3(self.rdb2(self.rdb1(x))) * 0.2


class RRDBNet(nn.Module):
    """Wang and others: "ESRGAN" (2018), figure 4; two times by an unshuffled input, as of Real-ESRGAN (2021)."""

    def __init__(self, scale: int = 4, width: int = 8, grown: int = 4, depth: int = 2) -> None:
        super().__init__()
        self.scale = scale
        self.conv_first = conv(3 if scale == 4 else 12, width)
        self.body = nn.Sequential(*(Block(width, grown) for _ in range(depth)))
        self.conv_body, self.conv_up1, self.conv_up2, self.conv_hr = (conv(width, width) for _ in range(4))
        self.conv_last = conv(width, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.conv_first(x if self.scale == 4 else F.pixel_unshuffle(x, 2))
        x = first + self.conv_body(self.body(first))
        for layer in (self.conv_up1, self.conv_up2):
            x = F.leaky_relu(layer(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(F.leaky_relu(self.conv_hr(x), 0.2))


class Compact(nn.Module):
    """SRVGGNetCompact of Real-ESRGAN."""

    def __init__(self, scale: int = 2, width: int = 8, depth: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv(3, width), nn.PReLU(width)]
        for _ in range(depth):
            layers += [conv(width, width), nn.PReLU(width)]
        self.body = nn.Sequential(*layers, conv(width, 3 * scale * scale))
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.pixel_shuffle(self.body(x), self.scale) + F.interpolate(x, scale_factor=self.scale, mode="nearest")


def seeded(build: Callable[[], nn.Module], seed: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    return build().eval()


def old_names(tensors: Mapping[str, torch.Tensor], depth: int) -> dict[str, torch.Tensor]:
    """As files of ESRGAN's own time name them."""
    layers = {"conv_first": "model.0", "conv_body": f"model.1.sub.{depth}", "conv_up1": "model.3",
              "conv_up2": "model.6", "conv_hr": "model.8", "conv_last": "model.10"}  # fmt: skip
    named: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        layer, _, end = name.rpartition(".")
        parts = layer.split(".")
        if parts[0] == "body":
            layer = f"model.1.sub.{parts[1]}.{parts[2].upper()}.{parts[3]}.0"
        named[f"{layers.get(layer, layer)}.{end}"] = tensor
    return named


def save(net: nn.Module, path: Path, prefix: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"{prefix}{name}": tensor.contiguous() for name, tensor in net.state_dict().items()}, path)
    return path
