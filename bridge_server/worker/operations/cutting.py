"""What the operations share that find a subject: where it is looked for, its alpha, and its own colours.

Pixels stay in the document's depth and profile: only where something is partly covered do they become others.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...edit.color import FULL, exceeds_srgb, from_working, has_alpha, is_gray, to_working
from ...edit.matting import Colors, estimate_colors, fine_alpha, firm
from ...edit.source import Image, Pixels, Source, selection_bounds, window
from ...edit.subject import find_subject
from ...errors import BridgeError, ErrorCode
from ...plan.bounds import Bounds
from ..segmenters import network_for, shipped_refiner
from ..watch import TaskWatch
from .base import RunContext

NEUTRAL = 0.5  # is seen where the picture is transparent
AROUND = 0.1  # of a selection's sides: so much more is looked at, since a subject stands out from something
STRIP = 256  # rows that are worked on at a time
NONE = 1 / 510  # of alpha: less is nothing in 8 bits

Share = NDArray[np.float32]


@dataclass(frozen=True)
class Subject:
    """The subject of what was sent. picture: (h, w, 3) float32 sRGB 0 to 1 of `box`, document pixels, over gray where
    it is transparent. alpha: (h, w) 0 to 1, how much of each pixel is of the subject; nothing is outside of the box.
    """

    picture: Image
    alpha: Share
    box: Bounds

    def bounds(self) -> Bounds:
        """The smallest box around it."""
        x, y, width, height = cv2.boundingRect((self.alpha > NONE).astype(np.uint8))
        return Bounds(self.box.x + x, self.box.y + y, width, height)


def cut_subject(context: RunContext, threshold: float, *, fine: bool = True) -> Subject:
    """The stages "finding" and "fitting". fine: down to single hairs, else the network's blob.

    Raises BridgeError (nothing_found, empty_selection, unsupported, invalid_request, model_unreadable), Cancelled.
    """
    source, watch = context.order.source, context.watch
    box = _where(source)
    watch.stage("finding")
    with context.clock.editing():
        picture, cover = _seen(context, box)
        watch.check()
        network = None if context.order.request.paints_beside else context.task.model
        found = find_subject(picture, network_for(network))
        if not found.is_there:
            raise nothing_found(source)
        watch.stage("fitting")
        share = found.share
        if fine:
            alpha = fine_alpha(picture, share, found.pixel, threshold, shipped_refiner(), watch.check)
        else:
            alpha = firm(share, threshold)
        watch.check()
        alpha = alpha if cover is None else alpha * cover
        if source.mask is not None:
            alpha = alpha * (window(source.mask, source.bounds, box).astype(np.float32) / 255)
        if float(alpha.max()) < NONE:
            raise nothing_found(source)
    return Subject(picture, alpha, box)


def nothing_found(source: Source) -> BridgeError:
    where, what_now = "the picture", "Select the area that it is in and try again, or select by hand."
    if source.mask is not None:
        where, what_now = "the selection", "Select a larger area around it, or select by hand."
    return BridgeError(ErrorCode.NOTHING_FOUND, f"No subject was found in {where}. {what_now}")


def own_colors(context: RunContext, subject: Subject) -> Colors:
    """The stage "coloring". Raises Cancelled."""
    context.watch.stage("coloring")
    with context.clock.editing():
        return estimate_colors(subject.picture, subject.alpha, context.watch.check)


def layer_pixels(source: Source, subject: Subject, colors: Colors | None, part: Bounds, watch: TaskWatch) -> Pixels:
    """What was sent of the box `part` in its depth and profile, with alpha: (h, w, 4), or (h, w, 2) for gray.

    The subject's own colours where it is partly covered; None: as it was sent. Alpha is what was sent too.
    """
    image = picture_of(source)
    full = FULL[image.dtype]
    sent = np.ascontiguousarray(window(image, source.bounds, part))
    if not has_alpha(sent):
        sent = np.concatenate([sent, np.full((*sent.shape[:2], 1), full, sent.dtype)], axis=2)
    elif not sent.flags.writeable:
        sent = sent.copy()
    if colors is None:
        return sent
    for y in range(part.y, part.bottom, STRIP):
        watch.check()
        strip = Bounds(part.x, y, part.width, min(STRIP, part.bottom - y)).intersect(subject.box)
        if strip.is_empty:
            continue
        alpha = window(subject.alpha, subject.box, strip)
        partly = (alpha > NONE) & (alpha < 1 - NONE)
        if not partly.any():
            continue
        own = from_working(own_rows(source, subject, colors, strip), image.dtype, is_gray(image), source.profile)
        place = strip.relative_to(part)
        target = sent[place.y : place.bottom, place.x : place.right, :-1]
        np.copyto(target, own, where=partly[:, :, np.newaxis])
    return sent


def own_rows(source: Source, subject: Subject, colors: Colors, part: Bounds) -> Image:
    """The subject's colours (h, w, 3) in the box `part`, which lies in the subject's. Beyond 0 to 1 they are
    what was sent.
    """
    box, image = subject.box, picture_of(source)
    inner = part.relative_to(box)
    rows = slice(inner.y, inner.bottom)
    whole = colors.rows(subject.picture[rows], subject.alpha[rows], inner.y, box.height)
    own = np.ascontiguousarray(whole[:, inner.x : inner.right])
    if exceeds_srgb(image, source.profile):
        sent, _ = to_working(np.ascontiguousarray(window(image, source.bounds, part)), source.profile)
        own += sent - np.clip(sent, 0.0, 1.0)
    return own


def picture_of(source: Source) -> Pixels:
    """Raises BridgeError (invalid_request) where none was sent."""
    if source.image is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "A picture is needed, and none was sent.")
    return source.image


def _where(source: Source) -> Bounds:
    """The part of the picture that is looked at, document pixels. Raises BridgeError (empty_selection)."""
    box = selection_bounds(source)
    if box is None:
        return source.bounds
    across, down = round(box.width * AROUND), round(box.height * AROUND)
    return Bounds(box.x - across, box.y - down, box.width + 2 * across, box.height + 2 * down).intersect(source.bounds)


def _seen(context: RunContext, box: Bounds) -> tuple[Image, Share | None]:
    """(h, w, 3) sRGB 0 to 1 over gray, and the alpha (h, w), None where there is none."""
    source = context.order.source
    pixels = window(picture_of(source), source.bounds, box)
    picture = np.empty((*pixels.shape[:2], 3), np.float32)
    cover = np.empty(pixels.shape[:2], np.float32) if has_alpha(pixels) else None
    for y in range(0, box.height, STRIP):
        context.watch.check()
        color, alpha = to_working(np.ascontiguousarray(pixels[y : y + STRIP]), source.profile)
        color = np.clip(color, 0.0, 1.0)
        if alpha is not None and cover is not None:
            cover[y : y + STRIP] = alpha
            color = color * alpha[:, :, np.newaxis] + NEUTRAL * (1 - alpha[:, :, np.newaxis])
        picture[y : y + STRIP] = color
    return picture, cover
