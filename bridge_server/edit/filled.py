"""From a document's crop to a layer that is filled by example, in the document's depth and colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from ..plan.plan import Plan
from .color import check_source, to_working
from .compose import Layer, as_layer
from .fill.exemplar import HIDDEN, FillOptions, Progress, fill
from .masks import make_masks
from .prepare import TRUSTED_ALPHA
from .sampled import Sample, example_of
from .source import Image, Pixels, Source, window
from .spared import not_repeated
from .subject import Network

CONVERTED = 256  # rows
NOTHING_LEFT = (
    "There is nothing around the selection to copy from. Select a smaller part of the picture, set a larger Padding, "
    "or fill with a model."
)


def filled_layer(
    source: Source,
    plan: Plan,
    seed: int,
    options: FillOptions,
    progress: Progress,
    sample: Sample | None = None,
    network: Network | None = None,
) -> Layer:
    """The layer that covers what is repainted with what is around it. Light and colours beyond sRGB stay as they are.

    source: with a picture. plan: by plan_by_example. progress: see fill. sample: what pieces come from; None: the
    source. network: finds the subject, which is not repeated; None: anything may be.

    Raises BridgeError: unsupported; invalid_request where there is nothing to copy from.
    """
    if source.image is None:
        raise ValueError("a fill needs a picture")
    check_source(source.image, source.profile)
    masks = make_masks(source, plan)
    shown = window(masks.composite, plan.target, plan.context)
    changed = shown if plan.keep_to_selection or masks.denoise is None else masks.denoise
    hole = np.where(changed > HIDDEN * 255, np.float32(1), np.float32(0))
    picture, unknown = _picture(source.image, source, plan)
    if not ((hole == 0) & ~unknown).any():
        raise BridgeError(ErrorCode.INVALID_REQUEST, NOTHING_LEFT)
    example = None if sample is None else example_of(sample, picture, hole > 0, plan.context)
    spared = None if network is None else not_repeated(picture, (hole == 0) & ~unknown, network)
    filled = fill(picture, hole, unknown, seed, options, progress, example, in_place=True, spared=spared)
    return as_layer(window(filled, plan.context, plan.target), masks.composite, source, plan)


def _picture(pixels: Pixels, source: Source, plan: Plan) -> tuple[Image, NDArray[np.bool_]]:
    """The context (h, w, 3) as encoded sRGB, unbounded; and where nothing is known of it, (h, w)."""
    context, common = plan.context, plan.context.intersect(source.bounds)
    picture = np.zeros((context.height, context.width, 3), np.float32)
    unknown = np.ones((context.height, context.width), np.bool_)
    inner, sent = common.relative_to(context), window(pixels, source.bounds, common)
    for top in range(0, common.height, CONVERTED):
        part, alpha = to_working(sent[top : top + CONVERTED], source.profile)
        place = slice(inner.y + top, inner.y + top + part.shape[0]), slice(inner.x, inner.right)
        picture[place] = part
        unknown[place] = False if alpha is None else alpha < TRUSTED_ALPHA
    return picture, unknown
