"""The last treatment of the seam: detail, which colours that match do not bring back.

1. Around the repainted area both the document and the model's picture are at hand. Blending two pictures that differ in
   their finest detail washes both out. So wherever the model has repeated the document, the layer takes the document's
   own pixels; what the user selected is always the model's.
2. An autoencoder loses sharpness. How much is known from the surroundings that it returned: near the border the
   picture's fine detail is strengthened until it has the energy that theirs had.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from ...plan.plan import Plan
from ..fill import strips, weighted
from ..prepare import TRUSTED_ALPHA, Working
from ..source import Image, Mask, window
from .compare import HALF, Comparison

SOFT = 64  # values of what is shown from 255 down, over which the document's own pixels come in
FINE = (5, 5)  # working pixels: detail is what their mean does not show
STRONGEST = 1.6  # times: more would show the model's noise
FADES = 32.0  # document pixels inside the selection, over which the strengthening ends
LEAST_KEPT = 512  # working pixels to judge sharpness from
MOSTLY = 0.9  # trust in a cell that shows the document's own content
SAMPLED = 2**18  # working pixels that are enough to judge sharpness from


def lost_sharpness(picture: Image, comparison: Comparison, working: Working) -> float:
    """What the fine detail of the model's own picture (h, w, 3) has to be multiplied by to be as strong as it was: 1 to
    STRONGEST.
    """
    box = comparison.box
    part = (slice(box.y, box.bottom), slice(box.x, box.right))
    kept = (working.mask[part] <= 0).view(np.uint8)
    if cv2.countNonZero(kept) < LEAST_KEPT:
        repeated = (comparison.trust > MOSTLY).view(np.uint8)
        repeated = cv2.resize(repeated, (box.width, box.height), interpolation=cv2.INTER_NEAREST)
        kept = np.asarray(cv2.bitwise_and((working.mask[part] <= HALF).view(np.uint8), repeated), np.uint8)
    if working.known is not None:
        seen = (working.known[part] >= TRUSTED_ALPHA).view(np.uint8)
        kept = np.asarray(cv2.bitwise_and(kept, cv2.erode(seen, np.ones(FINE, np.uint8))), np.uint8)
    if cv2.countNonZero(kept) < LEAST_KEPT:
        return 1.0
    have, want = (_energy(picture[part], kept), _energy(working.seen[part], kept))
    return min(STRONGEST, max(1.0, math.sqrt(want / have))) if have > 0 else 1.0


def sharpen(picture: Image, comparison: Comparison, gain: float) -> None:
    """Multiply the fine detail of the picture (h, w, 3) by `gain` near the border of the selection, in place."""
    if gain <= 1.0:
        return
    box = comparison.box
    place = picture[box.y : box.bottom, box.x : box.right]
    near = np.maximum(0.0, (1 - comparison.depth * np.float32(1 / FADES)) * np.float32(gain - 1), dtype=np.float32)
    more = cv2.multiply(_detail(place), cv2.resize(near, (box.width, box.height), interpolation=cv2.INTER_LINEAR))
    for rows in strips(box.height):
        cv2.add(place[rows], cv2.merge((more[rows], more[rows], more[rows])), dst=place[rows])
        np.clip(place[rows], 0.0, 1.0, out=place[rows])


def own_detail(comparison: Comparison, shown: Mask, selected: Mask, plan: Plan) -> Mask:
    """(H, W) uint8 covering plan.target: how far the layer takes the document's own pixels, 255 = wholly.

    shown: (H, W) covering plan.target, where new pixels are both painted and shown. selected: (H, W) covering
    plan.working_bounds.
    """
    box = comparison.box
    same = np.zeros((plan.working_height, plan.working_width), np.uint8)
    cells = np.rint(np.maximum(comparison.same, comparison.kept) * np.float32(255)).astype(np.uint8)
    same[box.y : box.bottom, box.x : box.right] = cv2.resize(cells, (box.width, box.height))
    whole = cv2.resize(same, (plan.working_bounds.width, plan.working_bounds.height), interpolation=cv2.INTER_LINEAR)
    edge = cv2.convertScaleAbs(cv2.bitwise_not(shown), alpha=255 / SOFT)
    free = cv2.bitwise_not(np.ascontiguousarray(window(selected, plan.working_bounds, plan.target)))
    own = cv2.multiply(np.ascontiguousarray(window(whole, plan.working_bounds, plan.target)), edge, scale=1 / 255)
    return np.asarray(cv2.multiply(own, free, scale=1 / 255), np.uint8)


def take_own(patch: Image, original: Image, own: NDArray[np.float32]) -> Image:
    """The patch (H, W, 3) with the document's own pixels (H, W, 3) as far as `own` (H, W), 0 to 1, says."""
    return np.asarray(cv2.add(patch, weighted(original - patch, own)), np.float32)


def _energy(picture: Image, kept: Mask) -> float:
    """The energy of the fine detail of a picture (h, w, 3) where `kept` (h, w) is 1; of larger ones a sample."""
    every = max(1, picture.shape[0] * picture.shape[1] // SAMPLED)
    sample = list(strips(picture.shape[0]))[::every]
    return sum(cv2.norm(_detail(picture[rows]), cv2.NORM_L2SQR, kept[rows]) for rows in sample)


def _detail(picture: Image) -> NDArray[np.float32]:
    """(h, w): what is finer than FINE, of the mean of the channels."""
    gray = cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32))
    return np.asarray(cv2.subtract(gray, cv2.blur(gray, FINE)), np.float32)
