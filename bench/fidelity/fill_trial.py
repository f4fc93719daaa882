"""Compares fills: how near each comes to the truth by itself, and what the starter model makes of it.

The picture the model works at is 128 x 128. Half of the trials are holes, half are borders of an outpaint.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bridge_server.families.stable_diffusion.load import StableDiffusion

from .fills import FILLS, Hole, Image
from .measures import delta_e, seam
from .methods import Ask
from .sheets import Pixels, tile
from .starter import starter

COARSE = 4.0  # standard deviation in pixels: finer detail is lost in the first noise
STRENGTHS = (0.6, 0.85)  # at 1 a model starts from noise alone: see `unseen`
TRIALS = 10


@dataclass(frozen=True)
class FillRow:
    """One fill over all trials of a task, means.

    coarse: CIEDE2000 to the truth after a blur of 4 pixels, in the hole. psnr: decibels there, without the blur.
    painted: strength -> the same coarse difference after the starter model; seams: strength -> median size of the log
    ratio of the gradient energy across the hole's border.
    """

    task: str
    fill: str
    coarse: float
    psnr: float
    milliseconds: float
    painted: dict[float, float]
    seams: dict[float, float]


def compare_fills(photos: dict[str, Image], loaded: StableDiffusion, cache: Path) -> list[FillRow]:
    """Every fill on every trial, at each of STRENGTHS."""
    side = loaded.ref.native_resolution
    models = {strength: starter(loaded, cache, strength) for strength in STRENGTHS}
    rows: list[FillRow] = []
    for task in ("inpaint", "outpaint"):
        trials = list(_trials(task, photos, side))
        for name, fill in FILLS.items():
            coarse, psnr, taken = [], [], []
            painted: dict[float, list[float]] = {strength: [] for strength in STRENGTHS}
            seams: dict[float, list[float]] = {strength: [] for strength in STRENGTHS}
            for truth, hole in trials:
                hidden = np.where(hole[:, :, None], np.float32(0.5), truth)
                began = time.process_time()
                filled = fill(hidden, hole)
                taken.append(time.process_time() - began)
                coarse.append(_coarse(filled, truth, hole))
                psnr.append(float(-10 * np.log10(np.mean((filled - truth)[hole] ** 2) + 1e-9)))
                for strength, model in models.items():
                    result = model(Ask(filled, hole.astype(np.float32), lambda pixels: pixels))
                    shown = np.where(hole[:, :, None], result, truth)
                    painted[strength].append(_coarse(shown, truth, hole))
                    seams[strength].append(abs(seam(shown.astype(np.float64), truth.astype(np.float64), hole)))
            rows.append(
                FillRow(
                    task,
                    name,
                    float(np.mean(coarse)),
                    float(np.mean(psnr)),
                    1000 * float(np.median(taken)),
                    {strength: float(np.mean(values)) for strength, values in painted.items()},
                    {strength: float(np.median(values)) for strength, values in seams.items()},
                )
            )
    return rows


def unseen(photos: dict[str, Image], loaded: StableDiffusion, cache: Path) -> tuple[float, float]:
    """What a fill changes at strength 1 in the middle of a hole: mean and largest difference, 0 to 1.

    An inpaint model is shown gray where it shall paint, and starts from noise. What is left comes from the fill's
    influence, through the autoencoder, on the latents beside the hole, which are kept.
    """
    model = starter(loaded, cache)
    differences: list[Image] = []
    for truth, hole in list(_trials("inpaint", photos, loaded.ref.native_resolution))[:2]:
        middle = cv2.erode(hole.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
        mask = hole.astype(np.float32)
        results = [
            model(Ask(fill(np.where(hole[:, :, None], 0.5, truth).astype(np.float32), hole), mask, np.asarray))
            for fill in (FILLS["neutral gray"], FILLS["edge"], FILLS["pull-push (ours)"])
        ]
        differences += [np.abs(one - results[0])[middle] for one in results[1:]]
    together = np.concatenate(differences)
    return float(together.mean()), float(together.max())


def fill_table(rows: list[FillRow]) -> str:
    heads = "".join(f" painted {s:g} | seam {s:g} |" for s in STRENGTHS)
    lines = [f"| task | fill | ms | PSNR dB | coarse ΔE2000 |{heads}", "| --- " * (5 + 2 * len(STRENGTHS)) + "|"]
    for row in rows:
        cells = "".join(f" {row.painted[s]:.2f} | {row.seams[s]:.2f} |" for s in STRENGTHS)
        lines.append(f"| {row.task} | {row.fill} | {row.milliseconds:.0f} | {row.psnr:.1f} | {row.coarse:.2f} |{cells}")
    return "\n".join(lines)


def fill_sheet(photos: dict[str, Image], side: int) -> Pixels:
    """Three trials of each task: what is known, each fill in the order of FILLS, and the truth."""
    lines: list[Pixels] = []
    for task in ("inpaint", "outpaint"):
        for truth, hole in list(_trials(task, photos, side))[:3]:
            hidden = np.where(hole[:, :, None], np.float32(0.5), truth)
            tiles = [tile(hidden, task)] + [tile(fill(hidden, hole), name) for name, fill in FILLS.items()]
            lines.append(np.concatenate([*tiles[:1], *tiles[2:], tile(truth, "truth")], axis=1))
    return np.concatenate(lines)


def _trials(task: str, photos: dict[str, Image], side: int) -> Iterator[tuple[Image, Hole]]:
    """(truth (side, side, 3), what is unknown of it): crops of every photograph at half size, for a broader view."""
    for index in range(TRIALS):
        random = np.random.default_rng([7, index])
        photo = photos[list(photos)[index % len(photos)]]
        half = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        y, x = (int(random.integers(max(1, length - side + 1))) for length in half.shape[:2])
        truth = np.ascontiguousarray(half[y : y + side, x : x + side], np.float32)
        hole = np.zeros((side, side), np.uint8)
        if task == "inpaint":
            center = tuple(int(value) for value in random.integers(side // 3, 2 * side // 3, 2))
            axes = tuple(int(value) for value in random.integers(side // 8, side // 4, 2))
            cv2.ellipse(hole, center, axes, 0, 0, 360, 1, -1)
        else:
            border = int(random.integers(side // 4, side // 3))
            hole[:, :border] = 1
            hole[: border if index % 2 else 0] = 1
        yield truth, hole.astype(bool)


def _coarse(one: Image, other: Image, hole: Hole) -> float:
    blurred = (cv2.GaussianBlur(picture, (0, 0), COARSE)[hole] for picture in (one, other))
    return float(np.mean(delta_e(*blurred)))
