"""Fill by example: a hole is completed with pieces of the picture around it (content-aware fill); no model is needed.

Image pyramids, PatchMatch, votes and a gradient-domain blend; the modules name their sources. numba compiles it when it
is first used.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .options import HIDDEN, Example, FillOptions, Progress

__all__ = ["HIDDEN", "Example", "FillOptions", "Progress", "fill", "prepare_fill", "prepare_fill_in_steps"]


def fill(
    image: NDArray[np.float32],
    mask: NDArray[np.float32],
    unknown: NDArray[np.bool_] | None = None,
    seed: int = 0,
    options: FillOptions | None = None,
    progress: Progress = lambda done: None,
    example: Example | None = None,
    in_place: bool = False,
    spared: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """A new picture (H, W, C), C 1 or 3, encoded, about 0 to 1, with what the mask covers made of what is around it.

    mask: (H, W) 0 to 1, what is replaced by how much; what is covered at all is never copied. Where it is 0 the picture
    stays as it is, to the bit. unknown: (H, W), pixels that may not be copied from, such as transparent ones. seed: of
    the variation. example: what pieces come from; None: the picture. Where there is none the fill is smooth. What
    `progress` raises ends the fill. in_place: the picture itself is changed, and returned; not whole if that ends.
    spared: (H, W), pixels that go on beside the hole, but are not copied.
    The same bytes for every number of threads, on one kind of processor.
    """
    from .whole import fill_by_example

    filled = image if in_place else np.array(image, np.float32)
    fill_by_example(filled, mask, unknown, seed, options or FillOptions(), progress, example, spared)
    return filled


def prepare_fill() -> None:
    """Compile, or read from numba's cache, what a fill runs, so that the first one need not wait. Seconds, once."""
    for _ in prepare_fill_in_steps():
        pass


def prepare_fill_in_steps(from_the_end: bool = False) -> Iterator[bool]:
    """The same one kernel at a time, in that order or in the other one; gives for each whether it had to be compiled.

    Two processes that begin at the two ends share the work through the cache.
    """
    from . import kernels

    return kernels.ready(from_the_end)
