"""What it brings that straight edges go on across a hole.

`python -m bench.removal.lines FOLDER [--seed 1] [--sheet PNG]`: in each photograph of FOLDER (bench.removal.gather) an
object's hole is drawn until an edge crosses it that the fill finds. It is filled with and without its lines, and both
are measured as bench.removal does.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from bridge_server.edit.compiled import threads
from bridge_server.edit.fill.exemplar import FillOptions, fill, prepare_fill
from bridge_server.edit.fill.exemplar.features import features
from bridge_server.edit.fill.exemplar.lines import Line, find_lines
from bridge_server.edit.fill.exemplar.pyramid import level

from .cases import Bytes, Case, Hole, draw_object, reduced
from .run import Row, features_of, measure, read
from .sources import PHOTOGRAPHS

TRIES = 60
FIGURES = ("seam", "step", "tone", "fine", "features", "texture", "psnr")
TITLES = ("seam", "step ΔE", "border ΔE2000", "fine detail", "DISTS", "pyramid", "PSNR dB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--sheet", type=Path, help="PNG file: each case with its hole, without and with lines, and the truth"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    prepare_fill()
    found: list[tuple[Row, Row]] = []
    strips: list[Bytes] = []
    for case in crossed(options.folder / "photographs", options.seed):
        filled = [filled_with(case, options.seed, lines) for lines in (False, True)]
        seen = features_of(case)
        rows = [measure(case, name, one, 0, seen) for name, one in zip(("without", "with"), filled, strict=True)]
        found.append((rows[0], rows[1]))
        strips.append(strip(case, [case.hidden, *filled, case.truth]))
        told = " ".join(f"{getattr(rows[0], name):.2f}/{getattr(rows[1], name):.2f}" for name in FIGURES)
        print(f"{case.name}: {told}", flush=True)
    print(f"\n| {len(found)} cases | {' | '.join(TITLES)} |\n| --- |{' --- |' * len(TITLES)}")
    for index, name in enumerate(("without lines", "with lines")):
        print(
            f"| {name} | {' | '.join(f'{median(getattr(row[index], one) for row in found):.2f}' for one in FIGURES)} |"
        )
    better = [sum(closer(pair, name) for pair in found) / len(found) for name in FIGURES]
    print(f"| better in | {' | '.join(f'{share:.0%}' for share in better)} |")
    if options.sheet:
        cv2.imwrite(str(options.sheet), np.concatenate(strips)[:, :, ::-1])


def closer(pair: tuple[Row, Row], figure: str) -> float:
    """1 where the second is closer to the truth, a half where both are alike."""
    before, after = (abs(getattr(row, figure)) for row in pair)
    if figure == "psnr":
        before, after = -before, -after
    return 0.5 if before == after else float(after < before)


def crossed(folder: Path, seed: int) -> Iterator[Case]:
    for number, photograph in enumerate(PHOTOGRAPHS):
        truth = reduced(read(folder / f"{photograph.name}.png"))
        random = np.random.default_rng([seed, number, 3])
        for _ in range(TRIES):
            hole = draw_object(*truth.shape[:2], random)
            if lines_of(truth, hole):
                yield Case(f"{photograph.name} {number:03}", "object", photograph, truth, hole)
                break


def lines_of(truth: Bytes, hole: Hole) -> list[Line]:
    missing = hole.astype(np.uint8)
    picture = np.where(hole[:, :, None], np.float32(0.5), truth / np.float32(255))
    with threads(1) as bands:
        told = features(picture, 1 - missing, 1.0, bands)
    return find_lines(level(told, missing, 1 - missing, 1 - missing, hole.shape[1]))


def filled_with(case: Case, seed: int, lines: bool) -> Bytes:
    mask = case.hole.astype(np.float32)
    filled = fill(case.hidden / np.float32(255), mask, seed=seed, options=FillOptions(lines=lines, threads=1))
    return np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)


def strip(case: Case, pictures: list[Bytes], side: int = 240) -> Bytes:
    ys, xs = np.nonzero(case.hole)
    half = int(max(np.ptp(ys), np.ptp(xs)) * 0.8)
    y, x = int(ys.mean()), int(xs.mean())
    place = slice(max(0, y - half), y + half), slice(max(0, x - half), x + half)
    shown = partial(cv2.resize, dsize=(side, side), interpolation=cv2.INTER_AREA)
    return np.concatenate([np.asarray(shown(one[place]), np.uint8) for one in pictures], axis=1)


if __name__ == "__main__":
    main()
