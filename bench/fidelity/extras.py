"""What is measured apart from the cases: banding, time, fills."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.plan.native import NativeSize

from .banding import measure_banding
from .fill_trial import compare_fills, fill_table, unseen
from .methods import Image, Method
from .models import Paint
from .report import OURS, Target
from .timing import core_milliseconds, share_of_job

EXTRAS = ("banding", "time", "fills")
LIMITS_MS = {"8 bit sRGB": 60, "16 bit Adobe RGB": 200}
BANDING_LIMIT = 0.001

Found = tuple[str, list[Target]]
"""A table in Markdown and the targets that follow from it."""


def banding_found(methods: dict[str, Method], vae: Paint, native: NativeSize) -> Found:
    worst = measure_banding(methods, vae, native)
    lines = ["| method | identity model | ideal model |", "| --- | --- | --- |"]
    lines += [f"| {name} | {100 * one:.3f} % | {100 * other:.2f} % |" for name, (one, other) in worst.items()]
    targets: list[Target] = []
    if OURS in worst:
        share = worst[OURS][0]
        text = "banding, 16-bit gradients, identity model: at most 0.1 % of the range"
        targets.append(Target(text, f"{100 * share:.3f} %", share <= BANDING_LIMIT))
    return "\n".join(lines), targets


def time_found(methods: dict[str, Method], loaded: StableDiffusion, photos: dict[str, Image]) -> Found:
    milliseconds = core_milliseconds(methods)
    lines = [f"| method | {' | '.join(milliseconds)} |", "| --- " * (1 + len(milliseconds)) + "|"]
    for name in methods:
        cells = (f"{found[name]:.0f} ms" if name in found else "" for found in milliseconds.values())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    targets: list[Target] = []
    if OURS in methods:
        for kind, limit in LIMITS_MS.items():
            taken = milliseconds[kind][OURS]
            targets.append(Target(f"time, 1024 x 1024, {kind}: at most {limit} ms", f"{taken:.0f} ms", taken <= limit))
        core, model = share_of_job(loaded, photos)
        share = f"{1000 * core:.0f} ms of {model + core:.2f} s, {100 * core / (model + core):.1f} %"
        targets.append(Target("the core's share of a job of the starter model", share, None))
    return "\n".join(lines), targets


def fills_found(photos: dict[str, Image], loaded: StableDiffusion, cache: Path) -> Found:
    mean, largest = unseen(photos, loaded, cache)
    text = "fills: what they change in the middle of a hole at strength 1, of 255"
    return fill_table(compare_fills(photos, loaded, cache)), [
        Target(text, f"{255 * mean:.1f} in the mean, {255 * largest:.0f} at most", None)
    ]


def run_extras(
    names: list[str],
    methods: dict[str, Method],
    vae: Paint,
    native: NativeSize,
    loaded: StableDiffusion,
    photos: dict[str, Image],
    cache: Path,
) -> dict[str, Found]:
    """The wanted ones of EXTRAS, in that order."""
    runners: dict[str, Callable[[], Found]] = {
        "banding": lambda: banding_found(methods, vae, native),
        "time": lambda: time_found(methods, loaded, photos),
        "fills": lambda: fills_found(photos, loaded, cache),
    }
    return {name: runners[name]() for name in EXTRAS if name in names}
