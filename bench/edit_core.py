"""Time of the edit core on one thread, whole and by step: `python bench/edit_core.py [--side 1024] [--runs 15]`.

The crop is noise, so that nothing is cheap because it is flat; the selection is a disc of half the crop's side. The
model returns what it sees, a little darker and softer. Each number is the least of the runs, in milliseconds of
processor time: other programs on the machine only ever add to it. The last column is the largest resident
size that the process had reached by then, so start the process anew (or give one case) to compare cases.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import psutil

from bridge_server.edit import prepare
from bridge_server.edit.compose import layer
from bridge_server.edit.source import Source, selection_bounds
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import PlanInput, make_plan

STEPS = (
    "make_masks",
    "to_working",
    "resize",
    "fill_unknown",
    "compare",
    "match_colors",
    "lost_sharpness",
    "sharpen",
    "take_own",
    "followed",
    "repeated",
    "take_out",
    "add_detail",
    "add_light",
    "from_working",
)


@dataclass(frozen=True)
class Case:
    name: str
    channels: int = 3
    native: int = 1024
    kind: str = "inpaint"
    strength: float = 1.0
    selected: bool = True
    margin: int = 0
    dtype: str = "uint8"
    profile: str | None = None


CASES = (
    Case("inpaint 1:1"),
    Case("inpaint to 512", native=512),
    Case("inpaint RGBA 1:1", channels=4),
    Case("outpaint 1:1", kind="outpaint", margin=128, selected=False),
    Case("img2img RGBA whole", channels=4, kind="img2img", strength=0.6, selected=False),
    Case("inpaint 16-bit P3", dtype="uint16", profile="Display P3"),
    Case("img2img 16-bit Adobe", dtype="uint16", profile="Adobe RGB (1998)", kind="img2img", strength=0.6),
    Case("img2img float HDR", dtype="float32", profile="Linear Rec2020", kind="img2img", strength=0.6),
    Case("img2img 16-bit gray", channels=1, dtype="uint16", profile="Gray Gamma 2.2", kind="img2img", strength=0.6),
)


class Stopwatch:
    """Adds up the time spent in the named functions of the modules prepare and compose.layer while it is installed."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.thread_time()
            result = function(*args, **kwargs)
            self.seconds[name] += time.thread_time() - start
            return result

        return timed


def make_case(case: Case, side: int) -> tuple[Source, Any]:
    random = np.random.default_rng(0)
    shape = (side, side, case.channels)
    if case.dtype == "float32":
        image = random.uniform(-0.1, 2.0, shape).astype(np.float32)
    else:
        image = random.integers(0, np.iinfo(case.dtype).max, shape, dtype=case.dtype, endpoint=True)
    mask = None
    if case.selected:
        mask = np.zeros((side, side), np.uint8)
        cv2.circle(mask, (side // 2, side // 2), side // 4, 255, -1, cv2.LINE_AA)
    bounds = Bounds(0, 0, side, side)
    source = Source(image, mask, bounds, case.profile)
    native = NativeSize.around(case.native, 64)
    given = PlanInput(
        case.kind,
        bounds,
        native,
        case.strength,
        selection=selection_bounds(source),
        margins=(case.margin, 0, 0, 0),
        padding=side // 4,
    )
    return source, make_plan(given)


def run(case: Case, side: int, runs: int) -> str:
    source, plan = make_case(case, side)
    prepare_times: list[float] = []
    compose_times: list[float] = []
    shares: list[dict[str, float]] = []
    places = [(module, name) for module in (prepare, layer) for name in STEPS if hasattr(module, name)]
    originals = [(module, name, getattr(module, name)) for module, name in places]
    for _ in range(runs):
        watch = Stopwatch()
        for module, name, function in originals:
            setattr(module, name, watch.wrap(name, function))
        start = time.thread_time()
        working = prepare.prepare(source, plan)
        middle = time.thread_time()
        generated = cv2.blur(working.seen, (3, 3)) * np.float32(0.97)
        painted = time.thread_time()
        layer.compose(generated, source, plan, working)
        end = time.thread_time()
        prepare_times.append(middle - start)
        compose_times.append(end - painted)
        shares.append(watch.seconds)
    for module, name, function in originals:
        setattr(module, name, function)
    prepared, composed = min(prepare_times), min(compose_times)
    steps = [min(share[name] for share in shares) for name in STEPS]
    cells = [prepared + composed, prepared, composed, *steps, prepared + composed - sum(steps)]
    sizes = f"{plan.context.width}x{plan.context.height} -> {plan.working_width}x{plan.working_height}"
    memory = psutil.Process().memory_info()
    peak = getattr(memory, "peak_wset", None) or _peak_bytes()
    numbers = "".join(f"{1000 * cell:>13.1f}" for cell in cells)
    return f"{case.name:<20}{sizes:<24}{numbers}{peak / 2**20:>11.0f}"


def _peak_bytes() -> int:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1024, help="side of the square crop, in pixels")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--case", help="only the cases whose name contains this")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    heads = ("total ms", "prepare", "compose", *STEPS, "rest")
    print(f"{'case':<20}{'context -> working':<24}" + "".join(f"{head:>13}" for head in heads) + f"{'peak MiB':>11}")
    for case in CASES:
        if options.case is None or options.case in case.name:
            print(run(case, options.side, options.runs))


if __name__ == "__main__":
    main()
