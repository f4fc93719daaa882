"""What the core's own work costs for a 1024 x 1024 crop, and its share of a real job of the starter model."""

from __future__ import annotations

import numpy as np

from bridge_server.edit.compose import compose
from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.plan.native import NativeSize
from bridge_server.worker.painting import paint

from .cases import Case, make_cases
from .methods import Ask, Image, Method, edit_of
from .report import OURS
from .selections import select
from .spaces import SPACES, encode
from .starter import SEED, order_of, painter_of

SIDE = 1024
RUNS = 5
EIGHT_BIT = np.dtype(np.uint8)
KINDS = (("8 bit sRGB", np.dtype(np.uint8), "sRGB"), ("16 bit Adobe RGB", np.dtype(np.uint16), "Adobe RGB"))


def core_milliseconds(methods: dict[str, Method]) -> dict[str, dict[str, float]]:
    """Kind of document -> method -> the median time of its own work. The model is the identity, native at 1024."""
    native = NativeSize.around(SIDE, 64)
    found: dict[str, dict[str, float]] = {}
    for text, dtype, space in KINDS:
        case = _case(dtype, space)
        found[text] = {
            name: 1000 * float(np.median([method(case, _same, native).seconds for _ in range(RUNS)]))
            for name, method in methods.items()
            if name == OURS or dtype == EIGHT_BIT  # the others' conversion is the benchmark's own, and slow
        }
    return found


def share_of_job(loaded: StableDiffusion, photos: dict[str, Image]) -> tuple[float, float]:
    """Seconds of the core and of the starter model in the same removals from real documents, medians of eight."""
    ref = loaded.ref
    native = builtin().native_size(ref.family, ref.native_resolution, ref.size_multiple)
    core: list[float] = []
    model: list[float] = []
    for case in make_cases(8, 1, photos, native.side):
        edit, painter = edit_of(case, native), painter_of(loaded, None)
        picture, working = paint(order_of(edit), edit.plan, SEED, painter)
        with painter.clock.editing():
            compose(picture.pixels, edit.source, edit.plan.at_hires, working)
        core.append(painter.clock.edit_seconds)
        model.append(painter.clock.seconds - core[-1])
    return float(np.median(core)), float(np.median(model))


def _case(dtype: np.dtype[np.generic], space: str) -> Case:
    noise = np.random.default_rng(0).random((SIDE, SIDE, 3))
    pixels = encode(0.2 + 0.6 * noise, SPACES[space], dtype)
    selection = select("ellipse", SIDE, SIDE, SIDE // 2, np.random.default_rng(0))
    return Case(f"{dtype} {space}", pixels, pixels, selection, SPACES[space], "ellipse")


def _same(ask: Ask) -> Image:
    return ask.image
