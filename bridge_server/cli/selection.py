"""What is selected: the mask file of a command, its box, and what the user should know of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds
from ..protocol.limits import FAINT
from .pictures.reading import read_mask

WEAK = 16  # of 255: a mask below shows next to nothing of a result
HALF = 128


def read_selection(file: Path, size: Bounds) -> tuple[NDArray[np.uint8], list[str]]:
    """The mask (H, W) and notes for the user. Raises what read_mask raises."""
    mask = read_mask(file, size)
    brightest = int(mask.max())
    notes: list[str] = []
    if 0 < brightest < WEAK:
        notes.append(
            f"the brightest value of {file} is {brightest} of 255, so almost nothing of the result will show; "
            "255 (white) selects wholly. A mask of 0 and 1 must be multiplied by 255."
        )
    elif 0 < brightest < HALF:
        notes.append(
            f"the brightest value of {file} is {brightest} of 255, so the result will show by {brightest / 255:.0%} at "
            "most; 255 (white) selects wholly."
        )
    return mask, notes


def selection_box(mask: NDArray[np.uint8] | None) -> Bounds | None:
    """The box around all that is selected by enough to show. Raises empty_selection where nothing is selected."""
    if mask is None:
        return None
    counts = mask > (FAINT if mask.max(initial=0) > FAINT else 0)
    rows, columns = np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))
    if not rows.size:
        raise BridgeError(ErrorCode.EMPTY_SELECTION, "The mask is all black: there is nothing to paint. White selects.")
    return Bounds.from_edges(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
