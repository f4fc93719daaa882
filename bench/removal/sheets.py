"""Pictures for eyes: cases in lines, the hole, the truth and what each method made of it in columns."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..fidelity.sheets import Pixels, tile
from .cases import Bytes, Case
from .methods import OURS, Method
from .run import Store, read

AROUND = 0.6  # of the hole's longer side, that is shown around it
LEAST = 40  # pixels around it at least
FIRST = (OURS, "G'MIC", "resynthesizer", "SHIFTMAP", "FSR", "Telea", "starter model")


def sheet(cases: Sequence[Case], methods: Sequence[Method], store: Store) -> Pixels:
    """Methods that were not run on a case are left blank."""
    named = {method.name: method for method in methods}
    shown = [named[name] for name in FIRST if name in named]
    return np.concatenate([_line(case, shown, store) for case in cases])


def chance(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    chosen = np.random.default_rng([seed, count]).permutation(len(cases))[:count]
    return [cases[index] for index in sorted(chosen)]


def view(case: Case) -> tuple[slice, slice]:
    """The hole and some of what is around it."""
    height, width = case.hole.shape
    x, y, w, h = cv2.boundingRect(case.hole.astype(np.uint8))
    margin = max(LEAST, round(AROUND * max(w, h)))
    return slice(max(0, y - margin), min(height, y + h + margin)), slice(max(0, x - margin), min(width, x + w + margin))


def _line(case: Case, methods: Sequence[Method], store: Store) -> Pixels:
    place = view(case)
    tiles = [_tile(case.hidden[place], case.name), _tile(case.truth[place], "truth")]
    for method in methods:
        made = store.picture(case, method) if case.kind in method.kinds else None
        pixels = read(made[0])[place] if made else np.zeros_like(case.truth[place])
        tiles.append(_tile(pixels, method.name))
    return np.concatenate(tiles, axis=1)


def _tile(pixels: Bytes, text: str) -> Pixels:
    return tile(pixels / np.float32(255), text)
