"""A painted thing without the background that was painted around it: for models that know things and no surroundings.

What such a model paints of the background differs from the picture's in colour and grain, and shows as a halo between
the thing and the selection's edge. So the thing is found, and around it the picture goes on by example.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .fill import fill_unknown
from .fill.exemplar import HIDDEN, Progress, fill
from .prepare import TRUSTED_ALPHA, Working
from .source import Image
from .subject import Network, first_look

Share = NDArray[np.float32]
Flags = NDArray[np.bool_]

INSIDE = 0.5  # of the mask: wholly painted by the model
RIM = 2  # pixels at the mask's edge, which are a mixture
BESIDE = 1 / 6  # of the mask's longer side: so much more is looked at
SURE = 0.9  # what a thing reaches somewhere
MOST = 0.9  # of what was painted: a thing that fills more of it has no background there
LEAST = 0.03  # and one that is less is none
NEAR = 1 / 8  # of the mask's width: the standard deviation of the window in which the background's colours are taken
EDGE = 4  # pixels on both sides of the mask's edge, whose colours are compared there
SEAM = 20.0  # CIE Lab: what goes on from the picture around is no further from it, at most places of the edge
WORSE = 2.0  # times as far from it as what the model painted there
WINDOW = 16.0  # pixels: a wider window is taken of a smaller picture, since its time grows with the third power
UNLIKE, DEVIATIONS = 18.0, 1.2  # CIE Lab: parts of the thing differ from the background by more, and by its own spread


def thing_in(picture: Image, mask: Share, network: Network, cell: int) -> Share | None:
    """How much of each pixel is of the thing that was painted, (h, w) 0 to 1; None where no thing stands out.

    picture: (h, w, 3) sRGB 0 to 1, as the model painted it. mask: (h, w) 0 to 1, 1 where it painted. cell:
    NativeSize.cell.
    """
    painted = mask > INSIDE
    inner = cv2.erode(painted.astype(np.uint8), np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8))
    x, y, width, height = cv2.boundingRect(inner)
    if not width:
        return None
    around = round(max(width, height) * BESIDE)
    rows, columns = slice(max(0, y - around), y + height + around), slice(max(0, x - around), x + width + around)
    alone = np.where(inner[..., None] > 0, picture, fill_unknown(picture, inner.astype(np.float32), cell))
    share = np.zeros(mask.shape, np.float32)
    share[rows, columns] = first_look(np.ascontiguousarray(alone[rows, columns], np.float32), network)
    share[~painted] = 0
    if float(share.max()) < SURE:
        return None
    share = _with_further_parts(picture, painted, np.maximum(share, _without_holes(share > INSIDE)), width * NEAR)
    part = float(share.sum()) / float(np.count_nonzero(painted))
    return share if LEAST < part < MOST else None


def with_own_surroundings(picture: Image, working: Working, thing: Share, seed: int, progress: Progress) -> Image:
    """The picture (h, w, 3) with what is not of the thing made of what is around the mask, by example; a new array.

    The picture as it is where nothing around can be copied, or where what was copied plainly does not go on from what
    is around, as sky in the middle of a field. Raises what `progress` raises.
    """
    hole = (working.mask > HIDDEN).astype(np.float32)
    unknown = np.zeros(hole.shape, np.bool_) if working.known is None else working.known < TRUSTED_ALPHA
    if not ((hole == 0) & ~unknown).any():
        return picture
    ground = fill(working.seen, hole, unknown, seed, progress=progress)
    known = (hole == 0) & ~unknown
    made, painted = (_seam(inside, working.seen, hole > 0, known, thing) for inside in (ground, picture))
    if made > SEAM and made > WORSE * painted:
        return picture
    share = ((1 - thing) * working.mask)[..., np.newaxis]
    return np.asarray(picture + (np.clip(ground, 0.0, 1.0) - picture) * share, np.float32)


def _seam(inside: Image, around: Image, hole: Flags, known: Flags, thing: Share) -> float:
    """How much the colours of `inside`, (h, w, 3) in the hole, differ from those around at the hole's edge: the median
    where no thing is near, CIE Lab; 0 where there is no such place.
    """

    def mean(picture: Image, where: Flags) -> Image:
        colors = cv2.cvtColor(np.ascontiguousarray(np.clip(picture, 0, 1), np.float32), cv2.COLOR_RGB2LAB)
        weight, size = where.astype(np.float32), (4 * EDGE + 1, 4 * EDGE + 1)
        share = np.maximum(cv2.blur(weight, size), np.float32(1e-6))
        return np.asarray(cv2.blur(colors * weight[..., None], size) / share[..., None], np.float32)

    deep = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    beside, near = np.ones((5, 5), np.uint8), np.ones((4 * EDGE + 1, 4 * EDGE + 1), np.uint8)
    edge = hole & (deep < 2) & (cv2.dilate(known.astype(np.uint8), beside) > 0) & (cv2.dilate(thing, near) < INSIDE)
    off = mean(inside, hole & (deep <= 2 * EDGE)) - mean(around, known)
    return float(np.median(np.sqrt(np.square(off).sum(axis=2))[edge])) if edge.any() else 0.0


def _without_holes(core: Flags) -> Share:
    """The same with what it encloses, as 0 or 1: the dark middle of a sunflower is of it."""
    outlines, _ = cv2.findContours(core.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(core.shape, np.uint8), outlines, -1, (1,), -1)
    return np.asarray(filled, np.float32)


def _with_further_parts(picture: Image, painted: Flags, share: Share, near: float) -> Share:
    """With what touches the thing and has none of the background's colours there, such as a stalk."""
    core = share > INSIDE
    ground = (painted & (cv2.dilate(core.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0)).astype(np.float32)
    colors = cv2.cvtColor(np.ascontiguousarray(picture, np.float32), cv2.COLOR_RGB2LAB)

    def around(values: NDArray[np.float32]) -> NDArray[np.float32]:
        blurred = cv2.GaussianBlur(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (0, 0), near / smaller)
        return np.asarray(cv2.resize(blurred, values.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)

    smaller = max(1.0, near / WINDOW)
    height, width = (max(1, round(side / smaller)) for side in share.shape)
    size = width, height
    weight = around(ground) + np.float32(1e-4)
    mean = around(np.asarray(colors * ground[..., None], np.float32)) / weight[..., None]
    off = np.asarray(np.square(colors - mean).sum(axis=2), np.float32)
    spread = around(off * ground) / weight
    unlike = painted & (np.sqrt(off) > UNLIKE + DEVIATIONS * np.sqrt(spread))
    parts = np.asarray(cv2.connectedComponents((unlike | core).astype(np.uint8))[1], np.int32)
    whole = np.isin(parts, np.unique(parts[core])).astype(np.uint8)
    opened = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.float32)
    further = cv2.GaussianBlur(opened, (0, 0), 0.8)
    return np.where(painted, np.maximum(share, further), np.float32(0)).astype(np.float32)
