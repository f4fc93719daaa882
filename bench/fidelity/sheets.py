"""Pictures of cases for eyes: what was there, what should be, what each method made, and the difference, amplified."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .cases import Case
from .methods import Method
from .run import Models, Row
from .spaces import decode

Pixels = NDArray[np.uint8]
TILE = 200  # pixels
MARGIN = 24  # document pixels around the selection
AMPLIFIED = 5
HEAD = 18
MOST_BYTES = 300_000


def worst(rows: Sequence[Row], model: str, method: str, count: int) -> list[str]:
    """The cases that look worst: half by the seam, half by the colour of the border."""
    mine = [row for row in rows if (row.model, row.method) == (model, method)]
    by_seam = sorted(mine, key=lambda row: -np.nan_to_num(abs(row.seam)))
    by_ring = sorted(mine, key=lambda row: -np.nan_to_num(row.ring))
    chosen = [row.case for row in by_seam[: count - count // 2]]
    chosen += [row.case for row in by_ring if row.case not in chosen]
    return chosen[:count]


def sheet(
    cases: Sequence[Case], model_name: str, models: Models, methods: dict[str, Method], rows: Sequence[Row]
) -> Pixels:
    """One line per case; columns: document with the selection's outline, truth, then each method with its error."""
    return np.concatenate([_line(case, model_name, models, methods, rows) for case in cases])


def save(path: Path, picture: Pixels) -> None:
    """As JPEG of at most 300 KB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for quality in range(90, 30, -6):
        _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if len(data) <= MOST_BYTES:
            break
    path.write_bytes(data.tobytes())


def _line(case: Case, model_name: str, models: Models, methods: dict[str, Method], rows: Sequence[Row]) -> Pixels:
    model_for, native = models[model_name]
    view = _view(case)
    truth = case.true_color
    document = _outlined(decode(case.document, case.space), case)
    tiles = [tile(document[view], case.name), tile(truth[view], "truth")]
    for name, method in methods.items():
        result = decode(method(case, model_for(case), native).pixels, case.space)
        row = next(r for r in rows if (r.case, r.model, r.method) == (case.name, model_name, name))
        tiles.append(tile(result[view], f"{name}: seam {row.seam:.2f}, dE {row.ring:.1f}"))
        tiles.append(tile((0.5 + AMPLIFIED * (result - truth))[view], f"{AMPLIFIED} x its error"))
    return np.concatenate(tiles, axis=1)


def _view(case: Case) -> tuple[slice, slice]:
    height, width = case.selection.shape
    x, y, w, h = cv2.boundingRect(case.selection)
    side = max(w, h) + 2 * MARGIN
    left, top = max(0, min(x + w // 2 - side // 2, width - side)), max(0, min(y + h // 2 - side // 2, height - side))
    return slice(top, top + side), slice(left, left + side)


def _outlined(image: NDArray[Any], case: Case) -> NDArray[Any]:
    contours, _ = cv2.findContours((case.selection >= 128).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    shown = np.ascontiguousarray(image, np.float32)
    cv2.drawContours(shown, contours, -1, (1.0, 0.0, 1.0), 1)
    return shown


def tile(image: NDArray[Any], text: str) -> Pixels:
    """One picture of a sheet with a line of text above it, scaled to the size of all."""
    part = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    scale = TILE / max(part.shape[:2])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    framed = np.full((TILE + HEAD, TILE + 4, 3), 32, np.uint8)
    framed[HEAD : HEAD + size[1], : size[0]] = part
    cv2.putText(framed, text, (2, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (255, 255, 255), 1, cv2.LINE_AA)
    return framed
