"""What can be chosen of a fill by example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HIDDEN = 0.02  # from this value of a mask on, what is to be replaced may still be seen

Progress = Callable[[float], None]  # gets the share that is done, 0 to 1; may raise, which ends the fill


@dataclass(frozen=True)
class FillOptions:
    """nearness: how much is preferred what is near, 1 as measured best on photographs, 0 not at all. texture: how much
    a place's amount of fine detail decides, beside its colours. singular: how much is avoided what the picture shows
    once only, so that no object is repeated, likewise. blend: whether steps of colour are evened out at the
    end. mirrored, rotated: whether pieces may be, by a few degrees and by right angles.
    threads: None: as many as there are processors; results do not depend on it.
    """

    nearness: float = 1.0
    texture: float = 1.0
    singular: float = 1.0
    blend: bool = True
    mirrored: bool = False
    rotated: bool = False
    threads: int | None = None
