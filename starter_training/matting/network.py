"""The refiner: a U-Net at half of the picture's resolution that sees and gives four pixels at each place."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SEEN = 4  # red, green, blue, the share
FOLDED = 2  # pixels across and down at one place
WIDTHS = (32, 32, 48, 64, 64)  # channels at each size, from a half to a 32nd


class Convolution(nn.Sequential):
    def __init__(self, given: int, made: int, stride: int = 1) -> None:
        convolution = nn.Conv2d(given, made, 3, stride, 1, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(made), nn.ReLU(inplace=True))


class Refiner(nn.Module):
    """(n, 16, h, w) folded pixels, sides multiples of 16 -> (n, 4, h, w) alpha before the sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Convolution(SEEN * FOLDED**2, WIDTHS[0])
        self.down = nn.ModuleList(
            nn.Sequential(Convolution(given, made, 2), Convolution(made, made))
            for given, made in zip(WIDTHS, WIDTHS[1:], strict=False)
        )
        self.up = nn.ModuleList(
            Convolution(given + made, made) for made, given in zip(WIDTHS, WIDTHS[1:], strict=False)
        )
        self.last = nn.Conv2d(WIDTHS[0], FOLDED**2, 3, 1, 1)

    def forward(self, folded: Tensor) -> Tensor:
        kept = [self.first(folded)]
        for down in self.down:
            kept.append(down(kept[-1]))
        found = kept.pop()
        for up, skipped in zip(reversed(self.up), reversed(kept), strict=True):
            found = up(torch.cat([functional.interpolate(found, scale_factor=2.0, mode="nearest"), skipped], 1))
        return self.last(found)


def fold(seen: Tensor) -> Tensor:
    return functional.pixel_unshuffle(seen, FOLDED)


def unfold(found: Tensor) -> Tensor:
    """(n, 4, h, w) -> (n, 2h, 2w)."""
    return functional.pixel_shuffle(found, FOLDED)[:, 0]
