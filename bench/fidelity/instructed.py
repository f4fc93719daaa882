"""`python -m bench.fidelity.instructed [FOLDER]`: edits by instruction with a model that drifts, on photographs.

In each photograph a blob gets another hue. The pretended model returns that shifted by parts of a pixel, scaled,
tinted, blurred and noisy. How far the flattened result is from what was asked for is printed, as means of CIEDE2000,
for the model's picture as it came and as an edit shows it, with each step left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge_server.edit.instructed import settle
from bridge_server.edit.prepare import prepare
from bridge_server.edit.source import Source
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import make_plan
from bridge_server.plan.plan_input import PlanInput

from .measures import delta_e
from .photographs import photographs

Picture = NDArray[np.float32]
CELL = 16  # pixels of one value of what the pretended model paints
EXACT = NativeSize(1, CELL, 10**9, 1, 10**6, CELL)  # it takes any picture as it is
MOST_SHIFT, MOST_SCALE = 3.0, 0.006  # pixels; from 1
WAYS = {"as an edit shows it": (), "without align": ("align",), "without color_match": ("color_match",)}
HEAD = ("", "kept", "changed", "shown of what changed", "shown of the rest")


@dataclass(frozen=True)
class Case:
    """wanted: (h, w, 3), what a perfect model would return; area: (h, w), where it differs from `seen`."""

    name: str
    seen: Picture
    wanted: Picture
    area: NDArray[np.bool_]
    made: Picture


def cases(folder: Path | None) -> Iterator[Case]:
    for number, (name, picture) in enumerate(photographs(folder).items()):
        random = np.random.default_rng(number)
        height, width = (side // CELL * CELL for side in picture.shape[:2])
        seen = np.ascontiguousarray(np.clip(picture[:height, :width], 0, 1))
        area = _blob(random, height, width)
        hsv = cv2.cvtColor(seen, cv2.COLOR_RGB2HSV)
        hsv[:, :, 0] = (hsv[:, :, 0] + random.uniform(90, 270)) % 360
        hsv[:, :, 1] = np.clip(hsv[:, :, 1] + 0.3, 0, 1)
        wanted = np.where(area[:, :, None], cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), seen).astype(np.float32)
        yield Case(name, seen, wanted, area, _drifted(random, wanted))


def _blob(random: np.random.Generator, height: int, width: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[:height, :width]
    angle = np.arctan2(y - height * random.uniform(0.35, 0.65), x - width * random.uniform(0.35, 0.65))
    radius = np.hypot(y - height * 0.5, x - width * 0.5)
    wave = 1 + 0.2 * np.sin(3 * angle + random.uniform(0, 6))
    return np.asarray(radius < min(height, width) * random.uniform(0.12, 0.3) * wave)


def _drifted(random: np.random.Generator, picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    offset = random.uniform(-MOST_SHIFT, MOST_SHIFT, 2)
    scale = 1 + random.uniform(-MOST_SCALE, MOST_SCALE)
    middle = np.array([width, height]) / 2
    where = np.column_stack([np.eye(2) * scale, offset + (1 - scale) * middle])
    moved = cv2.warpAffine(picture, where, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    noisy = cv2.GaussianBlur(moved, (0, 0), 0.7) + random.normal(0, 0.008, moved.shape)
    tint = np.array([1.0, 0.985, 0.94]) * random.uniform(0.95, 1.02)
    return np.clip(noisy * tint + random.uniform(0, 0.02), 0, 1).astype(np.float32)


def shown(case: Case, left_out: frozenset[str]) -> tuple[Picture, NDArray[np.float32]]:
    """The flattened edit, and its mask."""
    height, width = case.seen.shape[:2]
    box = Bounds(0, 0, width, height)
    plan = make_plan(PlanInput("edit", box, EXACT, 1.0, disabled_steps=left_out))
    working = prepare(Source(np.rint(case.seen * 255).astype(np.uint8), None, box, None), plan)
    settled = settle(case.made, working, plan)
    mask = settled.working.composite.astype(np.float32) / 255
    return case.seen + (settled.picture - case.seen) * mask[:, :, None], mask


def figures(case: Case, picture: Picture, mask: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Mean CIEDE2000 where nothing was to change and where it was; how much of both the mask shows."""
    error = delta_e(picture, case.wanted)
    area = case.area
    return float(error[~area].mean()), float(error[area].mean()), float(mask[area].mean()), float(mask[~area].mean())


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    rows: dict[str, list[tuple[float, float, float, float]]] = {"the model's picture": []}
    for case in cases(folder):
        everything = np.ones(case.area.shape, np.float32)
        rows["the model's picture"].append(figures(case, case.made, everything))
        for name, steps in WAYS.items():
            rows.setdefault(name, []).append(figures(case, *shown(case, frozenset(steps))))
        print(case.name, *(f"{value:.2f}" for value in rows["as an edit shows it"][-1]), file=sys.stderr)
    print("| " + " | ".join(HEAD) + " |", "| --- " * len(HEAD) + "|", sep="\n")
    for name, found in rows.items():
        kept, changed, covered, needless = np.median(np.array(found), axis=0)
        print(f"| {name} | {kept:.2f} | {changed:.2f} | {covered:.0%} | {needless:.0%} |")


if __name__ == "__main__":
    main()
