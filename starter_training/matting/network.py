"""The refiner: a U-Net at half of the picture's resolution that sees and gives four pixels at each place."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from bridge_server.edit.matting.refine import FOLDED, PRIOR

SHARE = 3  # the share's place among what is seen: after red, green and blue, before four kinds of unlikeness
SEEN = 8
WIDTHS = (24, 24, 40, 48, 48)  # channels at each size, from a half to a 32nd


class Convolution(nn.Sequential):
    def __init__(self, given: int, made: int, stride: int = 1) -> None:
        convolution = nn.Conv2d(given, made, 3, stride, 1, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(made), nn.ReLU(inplace=True))


class Refiner(nn.Module):
    """(n, 32, h, w) folded pixels, sides multiples of 16 -> (n, 4, h, w): what is added to the share's logit."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Convolution(SEEN * FOLDED**2, WIDTHS[0])
        self.down = nn.ModuleList(
            nn.Sequential(Convolution(given, made, 2), Convolution(made, made)) for given, made in pairwise(WIDTHS)
        )
        self.up = nn.ModuleList(Convolution(given + made, made) for made, given in pairwise(WIDTHS))
        self.last = nn.Conv2d(WIDTHS[0], FOLDED**2, 3, 1, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, folded: Tensor) -> Tensor:
        kept = [self.first(folded)]
        for down in self.down:
            kept.append(down(kept[-1]))
        found = kept.pop()
        for up, skipped in zip(reversed(self.up), reversed(kept), strict=True):
            found = up(torch.cat([functional.interpolate(found, scale_factor=2.0, mode="nearest"), skipped], 1))
        return self.last(found)


def logits(refiner: Refiner, seen: Tensor) -> Tensor:
    """(n, SEEN, h, w) -> (n, h, w): of alpha."""
    folded = functional.pixel_unshuffle(seen, FOLDED).contiguous(memory_format=torch.channels_last)
    return functional.pixel_shuffle(refiner(folded), FOLDED)[:, 0] + PRIOR * (2 * seen[:, SHARE] - 1)
