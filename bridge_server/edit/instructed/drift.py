"""What a model that edits by instruction does to a whole picture unasked: it moves and tints it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .shift import Shift, find_shift
from .tone import Tone, find_tone


@dataclass(frozen=True)
class Drift:
    """None: none of it was found."""

    shift: Shift | None = None
    tone: Tone | None = None


def find_drift(made: Image, seen: Image, known: NDArray[np.float32] | None = None, *, colors: bool = True) -> Drift:
    """Of what the model made of what it saw, both (h, w, 3) float32 sRGB 0 to 1.

    known: (h, w) 0 to 1, where the picture was to stay; None: not told. colors: whether tone is looked at.
    """
    shift = find_shift(made, seen)
    if not colors:
        return Drift(shift)
    aligned = made if shift is None else shift.undone(made)
    return Drift(shift, find_tone(aligned, seen, known))


def without_drift(made: Image, drift: Drift) -> Image:
    """A new picture, or the same where there is no drift."""
    aligned = made if drift.shift is None else drift.shift.undone(made)
    return aligned if drift.tone is None else drift.tone.of(aligned)
