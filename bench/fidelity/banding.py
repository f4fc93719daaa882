"""An edit on a smooth 16-bit gradient: what is left of its smoothness."""

from __future__ import annotations

import cv2
import numpy as np

from bridge_server.plan.native import NativeSize

from .cases import Case
from .measures import banding
from .methods import Method
from .models import Paint, ideal, identity_ideal
from .selections import select
from .spaces import SPACES

SIDE = 512
ROOM = 12  # pixels between the selection's edge and the blot that the edit removes
RAMPS = (  # from and to, of the full range: a sky, a shadow, a wide one
    ("sky", (0.52, 0.66, 0.85), (0.60, 0.72, 0.88)),
    ("shadow", (0.02, 0.02, 0.03), (0.06, 0.05, 0.05)),
    ("wide", (0.05, 0.05, 0.05), (0.95, 0.95, 0.95)),
)
DEEP = np.dtype(np.uint16)


def gradients() -> list[Case]:
    """Documents of 512 x 512, each a slanting linear ramp in 16 bit, with an ellipse selected and a blot inside it."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    slant = ((2 * x + y) / 3)[:, :, None]
    selection = select("ellipse", SIDE, SIDE, 220, np.random.default_rng(5))
    blot = cv2.erode(selection, np.ones((2 * ROOM + 1, 2 * ROOM + 1), np.uint8)) > 0
    cases: list[Case] = []
    for name, first, last in RAMPS:
        values = np.array(first) * (1 - slant) + np.array(last) * slant
        pixels = np.rint(values * 65535).astype(DEEP)
        for space in ("sRGB", "Adobe RGB"):
            document = np.where(blot[:, :, None], np.uint16(30000), pixels)
            cases.append(Case(f"{name} {space}", document, pixels, selection, SPACES[space], "ellipse"))
    return cases


def measure_banding(methods: dict[str, Method], vae: Paint, native: NativeSize) -> dict[str, tuple[float, float]]:
    """Method -> the worst banding over the gradients, as a share of the range: identity model, and ideal model."""
    worst: dict[str, tuple[float, float]] = {}
    for name, method in methods.items():
        shares: list[list[float]] = []
        for case in gradients():
            models = (identity_ideal(case), ideal(case, vae))
            shares.append([banding(method(case, model, native).pixels, case.truth, 65535.0) for model in models])
        identity, real = np.max(shares, axis=0)
        worst[name] = (float(identity), float(real))
    return worst
