"""From the document's crop to what the model gets: scaled to its size, and filled where nothing is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..plan.bounds import Bounds
from ..plan.plan import Plan
from .color import check_source, has_alpha, to_working
from .fill import NEUTRAL, fill_unknown, strips, weighted
from .masks import make_masks
from .resample import resize, resize_share
from .source import Image, Mask, Pixels, Source, mirror_beyond, mirrored, window

TRUSTED_ALPHA = 0.25  # from this opacity on a pixel's own colour is taken as it is, and not mixed with the fill
CONVERTED = 256  # rows that are converted at a time, so that a large crop needs no large intermediate copies
CONTINUED = 64  # working pixels around what is filled, which it continues


@dataclass(frozen=True)
class Working:
    """What the model gets, plan.working_height by plan.working_width pixels; the same for every variation of a job.

    image: (h, w, 3) float32 sRGB 0 to 1, filled where nothing is known. mask: (h, w) float32 0 to 1, 1 = repaint.
    composite: (H, W) uint8 covering plan.target, where the result is shown.
    seen: (h, w, 3) the picture before it was filled; known: (h, w) 0 to 1, how much of each of its pixels the document
    has, None = all. selected: (H, W) uint8 covering plan.working_bounds, what the user selected; repainted: covering
    plan.target, what the mask says there. None = there is no edge.
    """

    image: Image
    mask: NDArray[np.float32]
    composite: Mask
    seen: Image
    known: NDArray[np.float32] | None
    selected: Mask | None
    repainted: Mask | None

    @property
    def after_painting(self) -> Working:
        """What compose needs of it: `image` is empty then, so that its memory is free."""
        return replace(self, image=np.empty((0, 0, 3), np.float32))


def prepare(source: Source, plan: Plan) -> Working:
    """Scale what the model sees to the model's size and fill what it must not or cannot see.

    Filled are: pixels of the context that were not sent (the border of an outpaint), transparent ones, and for inpaint
    at full strength those that the mask covers. With the step `fill` switched off what is not known is neutral gray,
    and the rest stays as it is. Raises BridgeError (unsupported) for a depth or profile.
    """
    check_source(source.image, source.profile)
    masks = make_masks(source, plan)
    width, height = plan.working_width, plan.working_height
    if masks.denoise is None:
        mask = np.ones((height, width), np.float32)
    else:
        denoise = mirrored(masks.denoise, plan.context, plan.working_bounds)
        mask = resize_share(np.multiply(denoise, 1 / 255, dtype=np.float32), width, height)
    if source.image is None or not plan.needs_image:
        image = np.full((height, width, 3), NEUTRAL, np.float32)
        return Working(image, mask, masks.composite, image, None, None, None)
    seen, known = _seen(source, source.image, plan)
    selected = None if masks.selected is None else mirrored(masks.selected, plan.context, plan.working_bounds)
    repainted = None
    if masks.denoise is not None:
        repainted = np.ascontiguousarray(window(masks.denoise, plan.context, plan.target))
    if not plan.does("fill"):
        image = seen if known is None else _over_neutral(seen, known)
        return Working(image, mask, masks.composite, seen, known, selected, repainted)
    kept = np.float32(1.0) - mask if plan.replaces_content else None
    image = seen if known is None and kept is None else _fill(seen, known, kept, plan.native.cell)
    return Working(image, mask, masks.composite, seen, known, selected, repainted)


def _seen(source: Source, pixels: Pixels, plan: Plan) -> tuple[Image, NDArray[np.float32] | None]:
    """The working bounds at working size, and how well each of its pixels is known, 0 to 1; None: all of them are.

    Colours are weighted with their opacity when they are averaged, so that transparent pixels leave no trace.
    """
    bounds, common = plan.working_bounds, plan.context.intersect(source.bounds)
    width, height = plan.working_width, plan.working_height
    resampled = (bounds.width, bounds.height) != (width, height)
    whole = common == plan.context
    rgb = (np.empty if whole else np.zeros)((bounds.height, bounds.width, 3), np.float32)
    known = None if whole and not has_alpha(pixels) else np.zeros((bounds.height, bounds.width), np.float32)
    inner = common.relative_to(bounds)
    sent, columns = window(pixels, source.bounds, common), slice(inner.x, inner.right)
    for top in range(0, common.height, CONVERTED):
        part, alpha = to_working(sent[top : top + CONVERTED], source.profile)
        rows = slice(inner.y + top, inner.y + top + part.shape[0])
        place = np.clip(part, 0.0, 1.0, out=rgb[rows, columns])
        if known is not None:
            known[rows, columns] = 1.0 if alpha is None else alpha
        if alpha is not None and resampled:
            place[:] = weighted(place, alpha)
    shown = plan.context.relative_to(bounds)
    mirror_beyond(rgb, shown)
    if known is None:
        return resize(rgb, width, height), None
    mirror_beyond(known, shown)
    if whole and float(known.min()) >= 1.0:
        return resize(rgb, width, height), None
    if not resampled:
        return rgb, known
    known = resize_share(known, width, height)
    divisor = np.maximum(known, np.float32(1e-6))
    straight = cv2.divide(resize(rgb, width, height), cv2.merge((divisor, divisor, divisor)))
    return np.clip(straight, 0.0, 1.0, dtype=np.float32), known


def _over_neutral(seen: Image, known: NDArray[np.float32]) -> Image:
    """The image without a fill: neutral gray where it is not known."""
    trust = np.minimum(1.0, known * np.float32(1 / TRUSTED_ALPHA))
    return weighted(seen - np.float32(NEUTRAL), trust) + np.float32(NEUTRAL)


def _fill(seen: Image, known: NDArray[np.float32] | None, kept: NDArray[np.float32] | None, cell: int) -> Image:
    """The image, filled smoothly where it is not known and where it is not to be kept; a new array."""
    if known is None:
        weight = trust = np.ones(seen.shape[:2], np.float32) if kept is None else kept
    else:
        weight, trust = known, np.minimum(1.0, known * np.float32(1 / TRUSTED_ALPHA))
        if kept is not None:
            weight, trust = weight * kept, trust * kept
    image = seen.copy()
    x, y, width, height = cv2.boundingRect((trust < 1).view(np.uint8))
    if not width:
        return image
    box = Bounds(x, y, width, height)
    near = box.grow(CONTINUED).intersect(Bounds(0, 0, seen.shape[1], seen.shape[0]))
    part = (slice(near.y, near.bottom), slice(near.x, near.right))
    filled = window(fill_unknown(seen[part], weight[part], cell), near, box)
    covered = np.float32(1.0) - trust[y : y + height, x : x + width]
    whole = image[y : y + height, x : x + width]
    for rows in strips(height):
        change = weighted(np.subtract(filled[rows], whole[rows]), covered[rows])
        cv2.add(whole[rows], change, dst=whole[rows])
    return image
