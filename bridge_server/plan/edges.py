"""How wide edges and surroundings are, in document pixels, where the user left them automatic.

The shape of these rules follows the published behaviour of krita-ai-diffusion; docs/edit-core.md gives the table. Each
rule never shrinks when the selection grows, which the worker relies on when it plans again from the mask that arrived:
its parts and thickness are never larger than the box that the first plan was made from.
"""

from __future__ import annotations

import math

from .bounds import Bounds
from .shape import Shape

FEATHER_PER_DIAGONAL = 0.1
FEATHER_MAX = 48  # pixels; wider edges show the old picture through the new one
FEATHER_MAX_PER_DIAGONAL = 0.03  # where the area is so large that the model works far below its resolution
FEATHER_MIN = 2
FEATHER_LEAST = 16  # pixels at strength 1, where the selection is twice as thick: narrower ones leave a line to see
FEATHER_LEAST_OF_CANVAS = 8  # but at most an eighth of the canvas: tiny ones are enlarged for the model
GROW_MIN = 4  # pixels: covers the antialiased outline of what was selected
GROW_PER_DIAGONAL = 1 / 128
PADDING_MIN = 16
CLEARANCE_TAKEN = 2  # a half of what is free beside the selection is the most that automatic edges take of it
GROW_IN_CLEARANCE = 8  # and an eighth the most that is shown in full


def widest_feather(diagonal: float) -> int:
    return max(FEATHER_MAX, int(FEATHER_MAX_PER_DIAGONAL * diagonal))


def auto_feather(selection: Shape, canvas: Bounds, strength: float, latent_cell: int) -> int:
    """Width of the soft edge: a tenth of the diagonal of the selection's largest part times the strength.

    At most 48 pixels or 3 % of the diagonal, and a quarter of the thickness. But at least 16 pixels times the strength,
    since what is selected is shown in full whatever the width, or what is less: an eighth of a small canvas, or half
    the thickness of a thin selection, for beside a scratch the passages on both sides are what one would see; of it in
    turn no less than a latent cell, since no model paints a finer passage.
    """
    limit = min(widest_feather(selection.diagonal), selection.thickness // 4)
    least = min(FEATHER_LEAST, max(latent_cell, selection.thickness // 2))
    least = min(round(least * strength), min(canvas.width, canvas.height) // FEATHER_LEAST_OF_CANVAS)
    return max(FEATHER_MIN, least, min(limit, round(FEATHER_PER_DIAGONAL * selection.diagonal * strength)))


def auto_grow(selection: Shape) -> int:
    """How far the repainted area reaches beyond the selection at full opacity, to take the old outline with it.

    A 128th of the diagonal of the largest part, at least 4 pixels; beyond those never more than a quarter of the
    thickness.
    """
    limit = max(GROW_MIN, selection.thickness // 4)
    return max(GROW_MIN, min(limit, round(GROW_PER_DIAGONAL * selection.diagonal)))


def within_clearance(grow: int, feather: int, clearance: float) -> tuple[int, int]:
    """Grow and feather, narrowed where they would cover most of what an inverted selection keeps.

    clearance: the radius of the largest disc beside the selection.
    """
    if grow + feather <= clearance / CLEARANCE_TAKEN:
        return grow, feather
    narrow = min(grow, int(clearance / GROW_IN_CLEARANCE))
    return narrow, min(feather, max(FEATHER_MIN, int(clearance / CLEARANCE_TAKEN) - narrow))


def auto_padding(selection: Bounds, canvas: Bounds, strength: float, native_resolution: int) -> int:
    """Surroundings the model sees on each side of what it repaints, proportional to the strength.

    Half the selection's mean side, as long as that is no more than half the model's side, and a quarter beyond: the
    more a context is scaled down, the dearer each of its pixels. At least a 16th of the canvas, but for its sake no
    more than a quarter of the model's side: a small selection on a huge canvas must not be scaled down until nothing is
    left of it.
    """
    mean_side = (selection.width + selection.height) // 2
    of_selection = max(min(mean_side, native_resolution) // 2, mean_side // 4)
    of_canvas = min(max(canvas.width, canvas.height) // 16, native_resolution // 4)
    return max(PADDING_MIN, round(strength * max(of_selection, of_canvas)))


def auto_seam(margins: tuple[int, int, int, int], canvas: Bounds) -> int:
    """Width of the soft edge of an outpaint, inside the document: a quarter of the widest margin, 8 to 48 pixels."""
    return max(8, min(widest_feather(math.hypot(canvas.width, canvas.height)), max(margins) // 4))


def affordable_padding(box: Bounds, max_pixels: int) -> int:
    """The most padding on all four sides with which `box` has no more than `max_pixels`: (w + 2p)(h + 2p) ≤ max."""
    sides = math.isqrt((box.width - box.height) ** 2 + 4 * max_pixels)
    return max(0, (sides - box.width - box.height) // 4)
