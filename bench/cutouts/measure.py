"""Errors of alpha and of colours in the band where a subject ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge_server.edit.matting import Refiner, estimate_colors, fine_alpha
from bridge_server.edit.subject import SmallNetwork, find_subject, first_look
from bridge_server.models.weights import REFINER, SUBJECT, shipped

from .composites import Composite

AROUND = 12  # pixels of a picture 960 wide, around what is partly covered: the band
BEHIND = np.float32((1.0, 0.0, 1.0))  # the new background


@dataclass(frozen=True)
class Row:
    """Mean absolute errors in the band. network, ours: of alpha 0 to 1, of the shipped network's blob and of ours.

    colors, plain: of the picture on a new background, encoded 0 to 1, with the subject's own colours and without; alpha
    is the true one.
    """

    name: str
    network: float
    ours: float
    colors: float
    plain: float

    @property
    def ratio(self) -> float:
        return self.ours / self.network


def measure(cases: Iterable[Composite], pictures: Path | None = None) -> Iterator[Row]:
    """pictures: a folder for one of each: composite, true alpha, the network's, ours."""
    net, refiner = SmallNetwork(shipped(SUBJECT)), Refiner(shipped(REFINER))
    for case in cases:
        found = find_subject(case.picture, net)
        alpha = fine_alpha(case.picture, found.share, found.pixel, 0.5, refiner, _go_on)
        network = first_look(case.picture, net)
        band = band_of(case.alpha)
        own = estimate_colors(case.picture, case.alpha, _go_on).rows(case.picture, case.alpha, 0, case.alpha.shape[0])
        truth = _behind(case.foreground, case.alpha)
        errors = (_off(_behind(colors, case.alpha), truth, band) for colors in (own, case.picture))
        if pictures is not None:
            shown = [case.picture, *(np.repeat(one[:, :, np.newaxis], 3, 2) for one in (case.alpha, network, alpha))]
            sheet = np.rint(np.hstack(shown) * 255).astype(np.uint8)
            cv2.imwrite(str(pictures / f"{case.name.replace(':', '')}.png"), sheet[:, :, ::-1])
        yield Row(case.name, _off(network, case.alpha, band), _off(alpha, case.alpha, band), *errors)


def band_of(alpha: NDArray[np.float32]) -> NDArray[np.bool_]:
    side = 2 * max(1, round(AROUND * alpha.shape[1] / 960)) + 1
    partly = ((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8)
    return cv2.dilate(partly, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0


def table(rows: list[Row]) -> str:
    lines = [
        "| subject | alpha: U²-Net-p | ours | ratio | colors: as they are | estimated |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row.name} | {row.network:.3f} | {row.ours:.3f} | {row.ratio:.2f} | {row.plain:.3f} | {row.colors:.3f} |"
        for row in rows
    ]
    network, ours, ratio, plain, colors = (
        float(np.median([getattr(row, name) for row in rows]))
        for name in ("network", "ours", "ratio", "plain", "colors")
    )
    return "\n".join([*lines, f"| median | {network:.3f} | {ours:.3f} | {ratio:.2f} | {plain:.3f} | {colors:.3f} |"])


def summary(rows: list[Row]) -> str:
    """Ratios of alpha's errors: of all, and of hair, emoji and the rest where there are any."""
    kinds = {"all": rows, "hair": [row for row in rows if " hair" in row.name or row.name.startswith("hair")]}
    kinds["emoji"] = [row for row in rows if row.name.startswith("emoji")]
    kinds["rest"] = [row for row in rows if row not in kinds["hair"] and row not in kinds["emoji"]]
    lines = ["| alpha | composites | ratio, median | at most half | worse |", "| --- | --- | --- | --- | --- |"]
    for kind, some in kinds.items():
        ratios = np.array([row.ratio for row in some])
        if ratios.size:
            counts = f"{np.count_nonzero(ratios <= 0.5)} | {np.count_nonzero(ratios > 1)}"
            lines.append(f"| {kind} | {ratios.size} | {np.median(ratios):.2f} | {counts} |")
    return "\n".join(lines)


def _behind(colors: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    share = alpha[:, :, np.newaxis]
    return np.asarray(colors * share + BEHIND * (1 - share), np.float32)


def _off(one: NDArray[np.float32], other: NDArray[np.float32], band: NDArray[np.bool_]) -> float:
    return float(np.abs(one - other)[band].mean())


def _go_on() -> None:
    pass
