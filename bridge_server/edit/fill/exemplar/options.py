"""What can be chosen of a fill by example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HIDDEN = 0.02  # from this value of a mask on, what is to be replaced may still be seen

Progress = Callable[[float], None]  # gets the share that is done, 0 to 1; may raise, which ends the fill


@dataclass(frozen=True)
class FillOptions:
    """nearness: how much is preferred what is near, 1 as measured best on photographs, 0 not at all. texture: how much
    a place's amount of fine detail decides, beside its colours. singular: how much is avoided what the picture shows
    once only, so that no object is repeated, likewise. blend: whether steps of colour are evened out at the end. lines:
    whether straight edges go on across the hole. mirrored, rotated: whether pieces may be, by a few degrees and by
    right angles. around: how far away pieces may come from on each side of the hole, pixels, at most 1200 (regions.py);
    None: as far as the hole is long.
    threads: None: as many as there are processors; results do not depend on it.
    """

    nearness: float = 1.0
    texture: float = 1.0
    singular: float = 1.0
    blend: bool = True
    lines: bool = True
    mirrored: bool = False
    rotated: bool = False
    around: int | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Example:
    """What pieces come from in place of what is around the hole. picture: (h, w, C) as the one that is filled. usable:
    (h, w), the pixels that may be copied; all of a patch of 7 by 7 must be.
    """

    picture: NDArray[np.float32]
    usable: NDArray[np.bool_]
