"""What an edit by instruction shows: the model's picture without its drift, where it changed something."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...plan.plan import Plan
from ..prepare import TRUSTED_ALPHA, Working
from ..resample import resize
from ..source import Image, Mask, window
from .changed import changed
from .drift import find_drift, without_drift

Share = NDArray[np.float32]


@dataclass(frozen=True)
class Settled:
    """picture: (h, w, 3) float32 sRGB 0 to 1, without drift. working: with the mask of what it shows. is_changed:
    whether anything has changed visibly; where nothing has, all of it is shown.
    """

    picture: Image
    working: Working
    is_changed: bool


def settle(made: Image, working: Working, plan: Plan) -> Settled:
    """made: (h, w, 3) float32 sRGB 0 to 1 of the working size, what a model made of `working.image`.

    What it moved or tinted is taken out by what was to stay: around the selection, or where it shows the same. With the
    steps `align` and `color_match` switched off neither is. A model's changes outside of the selection do not count.
    """
    seen, stays = working.seen, _stays(working, plan)
    picture = made
    if plan.does("align") or plan.does("color_match"):
        drift = find_drift(made, seen, stays, colors=plan.does("color_match"))
        picture = without_drift(made, drift if plan.does("align") else replace(drift, shift=None))
    share = changed(picture, seen, plan.native.cell)
    if share is None:
        return Settled(picture, working, is_changed=False)
    shown = _at_target(share, plan)
    composite = cv2.multiply(working.composite, shown, scale=1 / 255)
    if not composite.any():
        return Settled(picture, working, is_changed=False)
    return Settled(picture, replace(working, composite=np.asarray(composite, np.uint8)), is_changed=True)


def _stays(working: Working, plan: Plan) -> Share | None:
    """(h, w) 0 to 1: what is known, and around the selection where there is one."""
    stays = None if working.known is None else (working.known >= TRUSTED_ALPHA).astype(np.float32)
    if not plan.has_edge or float(working.mask.min()) > 0:
        return stays
    around = np.float32(1.0) - working.mask
    return around if stays is None else around * stays


def _at_target(share: Share, plan: Plan) -> Mask:
    """(h, w) 0 to 1 -> (H, W) uint8 covering plan.target."""
    bounds = plan.working_bounds
    whole = window(resize(share, bounds.width, bounds.height), bounds, plan.target)
    return np.rint(np.clip(whole, 0.0, 1.0) * 255).astype(np.uint8)
