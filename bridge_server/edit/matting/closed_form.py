"""Alpha of a band by closed-form matting, from coarse to fine.

The Laplacian says how alpha follows the colours; where it is led by nothing, by what colours known nearby say
(sampling.py), by what tells hair from the background (strands.py), and by what was learned (refine.py).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .focus import in_focus
from .guided import Share
from .laplacian import band_system
from .sampling import sample_alpha
from .solve import solve
from .strands import Strands
from .trimap import Trimap

LEARNED_TRUST = 2e-2  # in what was learned, beside the Laplacian, whose diagonal is 1 to 9, where colours are not sure
LEAST_TRUST = 1e-3  # and where they are
BLURRED = 0.2  # of both, where the picture is out of focus
COLOR_TRUST = 1e-2  # in what colours say, where they are sure
STRAND_TRUST = 0.3  # in what tells hair from the background, and so much less in the others there
TOLERANCE = 3e-4  # of the residual
ROUNDS = 400  # at most; 100 to 300 are usual
ENOUGH = 40_000  # unknown pixels that are solved without a smaller picture's alpha to begin with

Check = Callable[[], None]


def solve_alpha(
    picture: Image, trimap: Trimap, learned: Share, strands: Strands | None, pixel: float, check: Check
) -> Share:
    """(h, w) float32 0 to 1: 1 inside, 0 outside, and in the band what the picture (h, w, 3) says.

    learned: (h, w) 0 to 1, what the refiner says. strands: hair, whose place is in the band too. pixel: how many of the
    picture's one of the network's is. Both sides at least 3 pixels. Raises what `check` raises.
    """
    if strands is not None:
        unknown = trimap.unknown | strands.where
        trimap = Trimap(trimap.inside & ~unknown, unknown)
    alpha = trimap.inside.astype(np.float32)
    unknown = trimap.unknown
    count = int(np.count_nonzero(unknown))
    if not count:
        return alpha
    begin = learned
    if count > ENOUGH:
        begin = _from_half(picture, trimap, learned, strands, pixel, check)
    check()
    sampled = sample_alpha(picture, trimap, pixel)
    check()
    system = band_system(picture, alpha, unknown)
    by_color = COLOR_TRUST * sampled.confidence.astype(np.float64)
    by_learned = LEARNED_TRUST * (1 - sampled.confidence.astype(np.float64)) + LEAST_TRUST
    by_learned *= BLURRED + (1 - BLURRED) * in_focus(picture)[unknown]
    right, trust = system.right, np.zeros(count)
    if strands is not None:
        sure = strands.confidence[unknown].astype(np.float64)
        trust, by_color, by_learned = STRAND_TRUST * sure, by_color * (1 - sure), by_learned * (1 - sure)
        right = right + trust * strands.alpha[unknown]
    system.matrix.setdiag(system.matrix.diagonal() + by_color + by_learned + trust)
    right = right + by_color * sampled.alpha + by_learned * learned[unknown].astype(np.float64)
    check()
    matrix, right = system.matrix.astype(np.float32), right.astype(np.float32)  # half the memory to go through
    found = solve(matrix, right, begin[unknown].astype(np.float32), TOLERANCE, ROUNDS, check)
    alpha[unknown] = np.clip(found, 0.0, 1.0)
    return alpha


def _from_half(
    picture: Image, trimap: Trimap, learned: Share, strands: Strands | None, pixel: float, check: Check
) -> Share:
    height, width = learned.shape
    size = (width + 1) // 2, (height + 1) // 2

    def half(array: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)

    unknown = half(trimap.unknown.astype(np.float32)) > 0
    smaller = Trimap((half(trimap.inside.astype(np.float32)) > 0.5) & ~unknown, unknown)
    alpha = solve_alpha(
        half(picture), smaller, half(learned), None if strands is None else strands.half(size), pixel / 2, check
    )
    return np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
