"""From the layers that a model has taken a picture apart into to layers of the document.

A model gives its layers at its own size, and none of them is quite the picture. One over the other they are to give the
picture back, in its own resolution, depth and colors. So their alphas are made to add up to the picture's, and what is
missing then is shared out: with wᵢ the share of layer i in what is seen, the least change that makes up for a
difference r is r·wᵢ / Σw². What is hidden has no share, and stays the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..plan.bounds import Bounds
from ..plan.plan import Plan
from .color import FULL, from_working, has_alpha, is_gray, to_working
from .compose.layer import Layer
from .resample import resize
from .source import Image, Mask, Pixels, Source, window

STRIP = 256  # document rows that are worked on at a time
NONE = 1 / 510  # of alpha: less is nothing in 8 bits
LEAST = np.float32(1e-4)  # of what is divided by
ROUNDING = 1e-6  # of full scale
Floats = NDArray[np.float32]


def document_layers(
    made: Floats, source: Source, plan: Plan, shown: Mask, check: Callable[[], None], *, own_pixels: bool
) -> list[Layer]:
    """The layers, the lowest first, each as small as what is in it; empty ones are left out.

    made: (n, h, w, 4) float32 sRGB 0 to 1 of the working size, straight alpha. shown: (H, W) covering plan.target,
    where the layers are to be seen: their mask. own_pixels: what is seen is the picture's own, at its resolution.
    check: called between strips of rows. Raises what it raises.
    """
    image = _picture(source)
    target, bounds = plan.target, plan.working_bounds
    wide = [_widened(_grayed(layer) if is_gray(image) else layer, bounds) for layer in made]
    channels = 2 if is_gray(image) else 4
    layers = [np.zeros((target.height, target.width, channels), image.dtype) for _ in made]
    for y in range(target.y, target.bottom, STRIP):
        check()
        part = Bounds(target.x, y, target.width, min(STRIP, target.bottom - y))
        inner = part.relative_to(bounds)
        strips = [_rows(one, inner.y, inner.bottom, bounds.height)[:, inner.x : inner.right] for one in wide]
        rgb, opacity = _original(image, source, part)
        steps = 0 if image.dtype == np.float32 else int(FULL[image.dtype])
        colors, alphas = shared_out(strips, rgb, opacity, steps, own_pixels=own_pixels)
        place = part.relative_to(target)
        for layer, color, alpha in zip(layers, colors, alphas, strict=True):
            stored = from_working(color, image.dtype, is_gray(image), source.profile)
            rows = layer[place.y : place.bottom]
            rows[:, :, :-1] = stored
            rows[:, :, -1] = np.rint(alpha * np.float32(steps)) if steps else alpha
            rows[alpha == 0] = 0
    return [cut for layer in layers if (cut := _cut(layer, shown, target)) is not None]


def shared_out(
    strips: Sequence[Floats], rgb: Image, opacity: Floats, steps: int, *, own_pixels: bool
) -> tuple[list[Image], list[Floats]]:
    """The colors (h, w, 3) and alphas (h, w) of layers, the lowest first, that together are as opaque as the picture.

    strips: (h, w, 4) of each layer, multiplied by its alpha. rgb, opacity: the picture's; (h, w, 3) unbounded, (h, w).
    steps: of alpha, as it will be stored; 0: it is not rounded. own_pixels: and that together give its colors.
    """
    models = [strip[:, :, 3] for strip in strips]
    alphas = [_in_steps(alpha, steps) for alpha in _as_opaque([_in_steps(one, steps) for one in models], opacity)]
    colors: list[Image] = [
        np.divide(strip[:, :, :3], np.maximum(alpha, LEAST)[:, :, None], dtype=np.float32)
        for strip, alpha in zip(strips, models, strict=True)
    ]
    lowest = alphas[0][:, :, None]
    added = np.maximum(lowest - models[0][:, :, None], 0)  # a hole in it: it has the picture's colors
    colors[0] = np.asarray((colors[0] * (lowest - added) + rgb * added) / np.maximum(lowest, LEAST), np.float32)
    if not own_pixels:
        return [np.clip(color, 0.0, 1.0, dtype=np.float32) for color in colors], alphas
    return _with_difference(colors, _shares(alphas), rgb, opacity), alphas


def _with_difference(colors: Sequence[Image], shares: Sequence[Floats], rgb: Image, opacity: Floats) -> list[Image]:
    """Colors that together are the picture's. What one of them cannot take, since it would be beyond black or white (or
    the picture's own color, where that is beyond), the others get.
    """
    lowest, highest = np.minimum(rgb, 0), np.maximum(rgb, 1)
    seen = [np.ascontiguousarray(share[:, :, None]) for share in shares]
    found = [np.clip(color, lowest, highest, dtype=np.float32) for color in colors]
    for _ in found:
        missing = rgb * opacity[:, :, None]
        for color, share in zip(found, seen, strict=True):
            missing = missing - color * share
        if float(np.abs(missing).max(initial=0)) < ROUNDING:
            break
        takes: list[Floats] = [
            np.multiply(share, np.where(missing > 0, color < highest, color > lowest), dtype=np.float32)
            for color, share in zip(found, seen, strict=True)
        ]
        missing = missing / np.maximum(np.sum([each * each for each in takes], axis=0), LEAST * LEAST)
        found = [
            np.clip(color + missing * each, lowest, highest, dtype=np.float32)
            for color, each in zip(found, takes, strict=True)
        ]
    return found


def _in_steps(alpha: Floats, steps: int) -> Floats:
    """Alpha as it is stored; what would be nothing in 8 bits is nothing."""
    stored = np.rint(alpha * np.float32(steps)) / np.float32(steps) if steps else alpha
    return np.where(alpha < NONE, 0, stored).astype(np.float32)


def _as_opaque(alphas: Sequence[Floats], opacity: Floats) -> list[Floats]:
    """Alphas that add up to this opacity: less of each where they are more, more of the lowest where they are less."""
    through = [np.clip(1 - alpha, 0, 1) for alpha in alphas]
    wanted = 1 - opacity
    total = np.prod(through, axis=0)
    if (total < wanted).any():
        some = [np.maximum(one, LEAST) for one in through]
        power = np.log(np.maximum(wanted, LEAST)) / np.minimum(np.log(np.prod(some, axis=0)), -LEAST)
        power = np.where(total < wanted, np.clip(power, 0, 1), 1)
        power[opacity < NONE] = 0
        through = [np.where(power < 1, one**power, own) for one, own in zip(some, through, strict=True)]
    above = np.prod(through[1:], axis=0) if len(through) > 1 else np.ones_like(wanted)
    lowest = np.minimum(through[0], wanted / np.maximum(above, LEAST))
    return [np.asarray(1 - one, np.float32) for one in (lowest, *through[1:])]


def _shares(alphas: Sequence[Floats]) -> list[Floats]:
    """How much of what is seen is each layer's."""
    shares: list[Floats] = []
    seen_through = np.ones_like(alphas[0])
    for alpha in reversed(alphas):
        shares.insert(0, alpha * seen_through)
        seen_through = seen_through * (1 - alpha)
    return shares


def _grayed(layer: Floats) -> Floats:
    """(h, w, 4) with the luminance of its colors as all three."""
    gray, _ = to_working(from_working(np.ascontiguousarray(layer[:, :, :3]), layer.dtype, True, None), None)
    return np.concatenate([gray, layer[:, :, 3:]], axis=2)


def _widened(layer: Floats, bounds: Bounds) -> Floats:
    """(h, w, 4) -> multiplied by alpha, as wide as the bounds, and as high where that is less."""
    color, alpha = layer[:, :, :3], layer[:, :, 3:]
    return resize(np.concatenate([color * alpha, alpha], axis=2), bounds.width, min(layer.shape[0], bounds.height))


def _rows(layer: Floats, top: int, bottom: int, height: int) -> Floats:
    """Rows of a layer enlarged to a height: a cubic spline, limited to its neighbors, as resample.resize has it."""
    have = layer.shape[0]
    if have == height:
        return layer[top:bottom]
    place = (np.arange(top, bottom, dtype=np.float32) + np.float32(0.5)) * np.float32(have / height) - np.float32(0.5)
    first = np.floor(place).astype(np.int64)
    t = (place - first)[:, None, None]
    before, low, high, after = (layer[np.clip(first + step, 0, have - 1)] for step in (-1, 0, 1, 2))
    bend = 2 * before - 5 * low + 4 * high - after
    curve = low + t / 2 * (high - before + t * (bend + t * (3 * (low - high) + after - before)))
    return np.clip(curve, np.minimum(low, high), np.maximum(low, high), dtype=np.float32)


def _original(image: Pixels, source: Source, part: Bounds) -> tuple[Image, Floats]:
    """Colors and opacity of the picture in a box; transparent where nothing was sent."""
    rgb, alpha = to_working(np.ascontiguousarray(window(image, source.bounds, part)), source.profile)
    if has_alpha(image) and alpha is not None:
        return rgb, alpha
    sent = np.ones((source.bounds.height, source.bounds.width), np.float32)
    return rgb, np.ascontiguousarray(window(sent, source.bounds, part))


def _cut(layer: Pixels, shown: Mask, target: Bounds) -> Layer | None:
    """As small as what is seen of it; None: nothing is."""
    x, y, width, height = cv2.boundingRect(((layer[:, :, -1] > 0) & (shown > 0)).view(np.uint8))
    if not width or not height:
        return None
    part = (slice(y, y + height), slice(x, x + width))
    bounds = Bounds(target.x + x, target.y + y, width, height)
    return Layer(np.ascontiguousarray(layer[part]), np.ascontiguousarray(shown[part]), bounds)


def _picture(source: Source) -> Pixels:
    if source.image is None:
        raise ValueError("layers are made of a picture, and there is none")
    return source.image
