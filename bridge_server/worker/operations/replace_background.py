"""Replace Background: an opaque layer that ends where the subject is whole, and blends with it where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...edit.color import FULL, from_working, is_gray, to_working
from ...edit.matting import Colors
from ...edit.matting.guided import stretched_rows
from ...edit.source import Image, Pixels, window
from ...errors import BridgeError, ErrorCode
from ...operations.replace_background import ReplaceBackgroundParams
from ...plan.bounds import Bounds
from ...plan.plan import Plan
from ...plan.warnings import Notice
from ..artifacts import layer
from ..notices import notices
from ..request import Order
from .base import Artifact, Inputs, RunContext
from .cutting import STRIP, Subject, cut_subject, own_colors, own_rows, picture_of
from .painting import painted_layer

NAMED = {"white": (1.0, 1.0, 1.0), "black": (0.0, 0.0, 0.0), "gray": (0.5, 0.5, 0.5)}  # encoded sRGB

SOFT = "looks_soft"  # of a plan's notices
PAINTS = "inpaint"  # the operation by whose rules a background is painted
WHOLE = 0.99  # of alpha: what is less is painted behind
INWARD = 2  # pixels: so far into the subject, for its edge to have nothing of the old background behind it

Ground = Callable[[Bounds], Image]  # (h, w, 3) sRGB of a box that lies in the subject's


def run(context: RunContext, params: ReplaceBackgroundParams, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError (nothing_found, empty_selection, unsupported, invalid_request), Cancelled."""
    source = context.order.source
    if params.new_background == "painted" and not params.prompt.strip():
        raise BridgeError(
            ErrorCode.INVALID_REQUEST, "A painted background needs a prompt: say what is to be seen there."
        )
    if params.new_background != "painted" and params.prompt.strip():
        context.watch.warn("unread_words", "The prompt was not read: it is for the background “painted”.")
    subject = _everywhere(cut_subject(context, params.threshold), source.bounds)
    painted = _painted(context, params, subject) if params.new_background == "painted" else None
    colors = own_colors(context, subject)
    if painted is not None:
        ground = painted
    elif params.new_background == "blurred":
        ground = _blurred(colors, subject, params.background_blur)
    else:
        ground = _flat(_color(params))
    with context.clock.editing():
        pixels = np.empty((source.bounds.height, source.bounds.width, _channels(context)), picture_of(source).dtype)
        for y in range(source.bounds.y, source.bounds.bottom, STRIP):
            context.watch.check()
            part = Bounds(source.bounds.x, y, source.bounds.width, min(STRIP, source.bounds.bottom - y))
            rows = slice(y - source.bounds.y, part.bottom - source.bounds.y)
            pixels[rows] = _around(context, subject, colors if params.clean_colors else None, ground(part), part)
        mask = np.where(subject.alpha < 1, 255, 0).astype(np.uint8)
    context.watch.check()
    yield from layer(context, "layer", pixels, mask, source.bounds)


def _around(context: RunContext, subject: Subject, colors: Colors | None, ground: Image, part: Bounds) -> Pixels:
    """The ground with the subject over it, opaque, in the document's depth and profile."""
    source = context.order.source
    alpha = window(subject.alpha, subject.box, part)[:, :, np.newaxis]
    own = window(subject.picture, subject.box, part) if colors is None else own_rows(source, subject, colors, part)
    image = picture_of(source)
    blended = np.asarray(own * alpha + ground * (1 - alpha), np.float32)
    pixels = from_working(blended, image.dtype, is_gray(image), source.profile, dither=(part.x, part.y))
    opaque = np.full((*pixels.shape[:2], 1), FULL[image.dtype], image.dtype)
    return np.concatenate([pixels, opaque], axis=2)


def _channels(context: RunContext) -> int:
    return 2 if is_gray(picture_of(context.order.source)) else 4


def _everywhere(subject: Subject, bounds: Bounds) -> Subject:
    """Over all that was sent: the background is there too where no subject was looked for."""
    if subject.box == bounds:
        return subject
    return Subject(window(subject.picture, subject.box, bounds), window(subject.alpha, subject.box, bounds), bounds)


def _color(params: ReplaceBackgroundParams) -> tuple[float, ...]:
    if params.new_background in NAMED:
        return NAMED[params.new_background]
    return tuple(byte / 255 for byte in bytes.fromhex(params.background_color.removeprefix("#")))


def _flat(color: tuple[float, ...]) -> Ground:
    return lambda part: np.full((part.height, part.width, 3), color, np.float32)


def _painted(context: RunContext, params: ReplaceBackgroundParams, subject: Subject) -> Ground:
    """What the task's model paints by the prompt, with the subject before its eyes, where it is not whole."""
    order, model = context.order, context.task.model
    if model is None:
        raise ValueError("a background is to be painted, and the task has no model")
    near = cv2.erode(subject.alpha, np.ones((2 * INWARD + 1, 2 * INWARD + 1), np.uint8))
    mask = np.where(near < WHOLE, 255, 0).astype(np.uint8)
    asked = {"prompt": params.prompt, "seed": context.task.seed}
    version = order.request.operations.get(PAINTS).version
    request = order.request.changed(operation=PAINTS, version=version, params=asked, models=[])
    around = Order(request, replace(order.source, mask=mask), mask)
    painted = painted_layer(context, around, model, background_wanted=True, tell=_notices).layer
    source, image = order.source, picture_of(order.source)

    def rows(part: Bounds) -> Image:
        sent, _ = to_working(np.ascontiguousarray(window(image, source.bounds, part)), source.profile)
        made, _ = to_working(np.ascontiguousarray(window(painted.image, painted.bounds, part)), source.profile)
        share = window(painted.mask, painted.bounds, part)[:, :, np.newaxis].astype(np.float32) / 255
        return np.asarray(made * share + sent * (1 - share), np.float32)

    return rows


def _notices(order: Order, plan: Plan) -> list[Notice]:
    """Of painting a background: nobody selected its area, so nobody can select a smaller one."""
    share = min((plan.at_hires if plan.tiles else plan).scale)
    soft = (
        f"The background is painted at {share:.0%} of the picture's resolution, so it will look soft; the subject "
        "stays sharp. A model that paints larger pictures, or a smaller picture, gives it more detail."
    )
    return [Notice(SOFT, soft) if notice.code == SOFT else notice for notice in notices(order, plan)]


def _blurred(colors: Colors, subject: Subject, blur: int) -> Ground:
    """The background as it goes on behind the subject, out of focus; a standard deviation of half of `blur`."""
    small = colors.background
    deviation = max(0.5, blur / 2 * small.shape[1] / subject.box.width)
    soft: NDArray[np.float32] = np.asarray(
        cv2.GaussianBlur(small, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE), np.float32
    )

    def rows(part: Bounds) -> Image:
        inner = part.relative_to(subject.box)
        return stretched_rows(soft, inner.y, inner.height, subject.box.height, subject.box.width)

    return rows
