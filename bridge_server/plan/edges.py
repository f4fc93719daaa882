"""How wide edges and surroundings are, in document pixels, where the painter left them automatic.

The shape of these rules follows the published behaviour of krita-ai-diffusion; docs/edit-core.md gives the table. Each
rule never shrinks when the selection's box grows, which the worker relies on when it plans again from a smaller mask.
"""

from __future__ import annotations

import math

from .bounds import Bounds

FEATHER_PER_DIAGONAL = 0.1
FEATHER_MAX = 48  # pixels; wider edges show the old picture through the new one
FEATHER_MAX_PER_DIAGONAL = 0.03  # where the area is so large that the model works far below its resolution
FEATHER_MIN = 2
FEATHER_LEAST = 16  # pixels at strength 1, however small the selection: two latent cells of a model at its own size
FEATHER_LEAST_OF_CANVAS = 8  # but at most an eighth of the canvas: tiny ones are enlarged for the model
GROW_MIN = 4  # pixels: covers the antialiased outline of what was selected
GROW_PER_DIAGONAL = 1 / 128
PADDING_MIN = 16


def diagonal(box: Bounds) -> float:
    return math.hypot(box.width, box.height)


def widest_feather(box: Bounds) -> int:
    return max(FEATHER_MAX, int(FEATHER_MAX_PER_DIAGONAL * diagonal(box)))


def auto_feather(selection: Bounds, canvas: Bounds, strength: float) -> int:
    """Width of the soft edge: a tenth of the selection's diagonal times the strength.

    At most 48 pixels or 3 % of the diagonal, and a quarter of the selection's shorter side. But at least 16 pixels
    times the strength, or an eighth of a small canvas: what is selected is shown in full whatever the width, and models
    paint no finer passage.
    """
    limit = min(widest_feather(selection), min(selection.width, selection.height) // 4)
    least = min(round(FEATHER_LEAST * strength), min(canvas.width, canvas.height) // FEATHER_LEAST_OF_CANVAS)
    return max(FEATHER_MIN, least, min(limit, round(FEATHER_PER_DIAGONAL * diagonal(selection) * strength)))


def auto_grow(selection: Bounds) -> int:
    """How far the repainted area reaches beyond the selection at full opacity, to take the old outline with it.

    A 128th of the diagonal, at least 4 pixels; beyond those never more than a quarter of the selection's shorter side.
    """
    limit = max(GROW_MIN, min(selection.width, selection.height) // 4)
    return max(GROW_MIN, min(limit, round(GROW_PER_DIAGONAL * diagonal(selection))))


def auto_padding(selection: Bounds, canvas: Bounds, strength: float, native_side: int) -> int:
    """Surroundings the model sees on each side of what it repaints, proportional to the strength.

    Half the selection's mean side, as long as that is no more than half the model's side, and a quarter beyond: the
    more a context is scaled down, the dearer each of its pixels. At least a 16th of the canvas, but for its sake no
    more than a quarter of the model's side: a small selection on a huge canvas must not be scaled down until nothing is
    left of it.
    """
    mean_side = (selection.width + selection.height) // 2
    of_selection = max(min(mean_side, native_side) // 2, mean_side // 4)
    of_canvas = min(max(canvas.width, canvas.height) // 16, native_side // 4)
    return max(PADDING_MIN, round(strength * max(of_selection, of_canvas)))


def auto_seam(margins: tuple[int, int, int, int], canvas: Bounds) -> int:
    """Width of the soft edge of an outpaint, inside the document: a quarter of the widest margin, 8 to 48 pixels."""
    return max(8, min(widest_feather(canvas), max(margins) // 4))


def affordable_padding(box: Bounds, max_pixels: int) -> int:
    """The most padding on all four sides with which `box` has no more than `max_pixels`: (w + 2p)(h + 2p) ≤ max."""
    sides = math.isqrt((box.width - box.height) ** 2 + 4 * max_pixels)
    return max(0, (sides - box.width - box.height) // 4)
