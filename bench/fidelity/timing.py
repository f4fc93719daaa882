"""What the core's own work costs for a 1024 x 1024 crop, and its share of a real job of the starter model."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from bridge_server.pipelines.loader import Loaded
from bridge_server.plan.families import NativeSize

from .cases import Case, make_cases
from .methods import Ask, Image, Method
from .report import OURS
from .selections import select
from .spaces import SPACES, encode
from .starter import starter

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


def share_of_job(ours: Method, loaded: Loaded, photos: dict[str, Image]) -> tuple[float, float]:
    """Seconds of the core and of the starter model in the same edits of real documents, medians of eight."""
    native = NativeSize.around(loaded.ref.native_side, loaded.ref.multiple)
    core: list[float] = []
    model: list[float] = []
    with tempfile.TemporaryDirectory() as empty:
        real = starter(loaded, Path(empty))

        def paint(ask: Ask) -> Image:
            began = time.process_time()
            picture = real(ask)
            model.append(time.process_time() - began)
            return picture

        for case in make_cases(8, 1, photos, native.side):
            core.append(ours(case, paint, native).seconds)
    return float(np.median(core)), float(np.median(model))


def _case(dtype: np.dtype[np.generic], space: str) -> Case:
    noise = np.random.default_rng(0).random((SIDE, SIDE, 3))
    pixels = encode(0.2 + 0.6 * noise, SPACES[space], dtype)
    selection = select("ellipse", SIDE, SIDE, SIDE // 2, np.random.default_rng(0))
    return Case(f"{dtype} {space}", pixels, pixels, selection, SPACES[space], "ellipse")


def _same(ask: Ask) -> Image:
    return ask.image
