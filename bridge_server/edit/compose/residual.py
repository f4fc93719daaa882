"""What the model could not be shown of the old picture is put back where the picture is kept.

With o the original, c its values clipped to 0 to 1, and s what the model saw of it, c at working size:

    layer = g + w_light (o - c) + w_detail (c - s)

The first difference is colours and light beyond sRGB, the second is detail finer than the working size, or softened by
scaling. Light belongs to a place as long as the tone there is roughly the same. Detail is put back only where the
picture g has the same structure as s: else the old picture would shine through the new one.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...plan.plan import Plan
from ..fill import strips, weighted
from ..source import Image, Mask

SAME, OTHER = 0.06, 0.18  # mean differences of encoded values in a cell: below, a round trip; above, another picture
STRUCTURE = (9, 9)  # working pixels: structure is what their mean does not show
AROUND = (17, 17)  # working pixels, over which structures are compared
FLAT = 3e-5  # a mean squared structure, 1.4 values of 8 bit: too weak to tell pictures apart by it
ALIKE, UNLIKE = 0.6, 0.3  # the share of the old structure in the new one: above, it was kept; below, painted anew
NOISE = 2e-4  # a mean squared structure, 3.6 values of 8 bit, as autoencoders add it anywhere
IN_PLACE, MOVED = 0.75, 0.5  # the share of the old structure that the new one explains, likewise
CAREFUL = np.ones((17, 17), np.uint8)  # working pixels: detail keeps away from what was painted anew
SMOOTH = (9, 9)  # working pixels, twice: a weight with kinks would show where it is scaled
PARTLY = (26, 229)  # values of a selection: a tenth to nine tenths
SOFT = 0.1  # the share of a selection that is partly selected, from which on it is soft and not just antialiased
NEAR = 32  # working pixels around the target: the sum of what the windows above reach

Weights = NDArray[np.float32]


def followed(generated: Image, seen: Image, replaced: Weights | None, cell: int) -> Weights:
    """(h, w) float32 0 to 1: how closely the picture follows what the model saw, both (h, w, 3) 0 to 1.

    The difference is averaged over a few cells (of so many working pixels), so that the weight is smooth; finer ones
    are an autoencoder's and not a change of the picture. replaced: (h, w) 0 to 1, where the model was given something
    else.
    """
    height, width = generated.shape[:2]
    difference = cv2.absdiff(generated, seen)
    cells = max(1, round(width / cell)), max(1, round(height / cell))
    small = cv2.GaussianBlur(cv2.resize(difference, cells, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    largest: NDArray[np.float32] = np.asarray(small, np.float32).max(axis=2)
    smooth = rising((np.float32(OTHER) - largest) * np.float32(1 / (OTHER - SAME)))
    weight = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return weight if replaced is None else np.asarray(weight * (1 - replaced), np.float32)


def repeated(generated: Image, seen: Image, known: Weights | None) -> Weights:
    """(h, w) float32 0 to 1: where the picture has the structure of what the model saw, both (h, w, 3) 0 to 1.

    The share of the old structure in the new one, by least squares, is 1 for the same, 0 for a plain surface or another
    structure of whatever contrast. How far the new explains the old, 1 less the ratio of their squared difference to
    the old, falls where edges have moved. known: (h, w) 0 to 1; near what is not wholly opaque the weight is 0.
    """
    old, new = structure(seen), structure(generated)
    moved = cv2.subtract(old, new)
    both, own, other = (cv2.blur(cv2.multiply(a, b), AROUND) for a, b in ((old, new), (old, old), (moved, moved)))
    share = np.divide(both + np.float32(FLAT), own + np.float32(FLAT), dtype=np.float32)
    explained = np.float32(1.0) - other / (own + np.float32(NOISE))
    alike = np.minimum(
        rising((share - np.float32(UNLIKE)) * np.float32(1 / (ALIKE - UNLIKE))),
        rising((explained - np.float32(MOVED)) * np.float32(1 / (IN_PLACE - MOVED))),
    )
    if known is not None:
        alike = alike * (known >= 1)
    return np.asarray(cv2.blur(cv2.blur(cv2.erode(alike, CAREFUL), SMOOTH), SMOOTH), np.float32)


def is_soft(selected: Mask | None) -> bool:
    """Whether a good part of a selection (H, W) is selected in part only. At strength 1 only such a part keeps anything
    of the old picture, but for the edge, where the seam's treatment takes the document's own pixels.
    """
    if selected is None:
        return False
    partly = cv2.countNonZero(cv2.inRange(selected, *PARTLY))
    return partly > SOFT * cv2.countNonZero(selected)


def near_target(plan: Plan) -> tuple[slice, slice]:
    """Rows and columns of the working picture that show the target, with all that scaling and weighing look at."""
    across, down = plan.scale
    target = plan.target.relative_to(plan.working_bounds)
    return (
        slice(max(0, math.floor(target.y * down) - NEAR), math.ceil(target.bottom * down) + NEAR),
        slice(max(0, math.floor(target.x * across) - NEAR), math.ceil(target.right * across) + NEAR),
    )


def take_out(picture: Image, seen: Image, weight: Weights) -> None:
    """Leave only what the picture differs by from what the model saw, as far as `weight` says, in place; all of them of
    the working size. Scaled, and with `weight` of the original added, it has the original's detail: add_detail.
    """
    for rows in strips(picture.shape[0]):
        cv2.subtract(picture[rows], weighted(seen[rows], weight[rows]), dst=picture[rows])


def add_detail(patch: Image, original: Image, weight: Weights) -> Image:
    """The other half of take_out, at the document's size: (H, W, 3), 0 to 1."""
    within = weighted(np.clip(original, 0.0, 1.0), weight)
    whole: Image = np.clip(cv2.add(patch, within, dst=within), 0.0, 1.0, out=within)
    return whole


def add_light(patch: Image, original: Image, weight: Weights) -> Image:
    """The patch (H, W, 3), encoded sRGB 0 to 1, with what the original (H, W, 3) has beyond that; unbounded.

    weight: (H, W) 0 to 1; 0 where the original is transparent.
    """
    beyond = original - np.clip(original, 0.0, 1.0)
    if not beyond.any():
        return patch
    return np.asarray(patch + beyond * weight[:, :, np.newaxis], np.float32)


def rising(linear: NDArray[Any]) -> Weights:
    """A smooth step from 0 at 0 to 1 at 1."""
    place: NDArray[np.float32] = np.clip(linear, 0.0, 1.0, dtype=np.float32)
    return np.asarray(place * place * (np.float32(3.0) - np.float32(2.0) * place), np.float32)


def structure(picture: Image, around: tuple[int, int] = STRUCTURE) -> NDArray[np.float32]:
    """(h, w, 3) -> (h, w): of the mean of the channels, which is quicker and tells pictures apart as well, what its
    mean in a window `around` a pixel does not show.
    """
    gray = cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32))
    return np.asarray(cv2.subtract(gray, cv2.blur(gray, around)), np.float32)
