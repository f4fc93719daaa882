"""What an edit changed: a soft mask without the specks that an autoencoder leaves anywhere.

A colour difference counts by what the picture's own texture allows, since autoencoders never give texture back as it
was. What differs clearly counts with what differs a little around it (hysteresis, Canny 1986), holes are closed, and
the edge reaches a little beyond and fades, so that a shadow or a rim of the new thing is not cut.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose.residual import rising
from ..source import Image

Share = NDArray[np.float32]
Flags = NDArray[np.uint8]

SMOOTHED = 1.5  # pixels: finer differences are an autoencoder's
LITTLE, CLEAR = 4.0, 9.0  # CIE76
USUAL, TIMES_LITTLE, TIMES_CLEAR = 0.5, 3.0, 6.0  # the median difference, and how many times as much counts
MOST_USUAL = 2.5  # CIE76: an autoencoder's differences are no larger
TEXTURE = 0.4  # of the local deviation of lightness, by which a difference has to be larger
AROUND = (9, 9)  # pixels, of a local deviation
ALL = 0.8  # of the pixels: where more has changed, everything has


def changed(made: Image, seen: Image, cell: int) -> Share | None:
    """(h, w) 0 to 1: where the picture `made` shows something other than `seen`, both (h, w, 3) sRGB 0 to 1, without
    drift; None where nothing does. cell: pixels of one value of what the model paints (NativeSize.cell).
    """
    difference = _difference(made, seen)
    usual = min(MOST_USUAL, float(np.quantile(difference, USUAL)))
    little = difference > max(LITTLE, TIMES_LITTLE * usual)
    clear = difference > max(CLEAR, TIMES_CLEAR * usual)
    if (share := float(little.mean())) > ALL and float(clear.mean()) > ALL * share / 2:
        return np.ones(difference.shape, np.float32)
    whole = _cleaned(little.view(np.uint8), clear, cell)
    if not whole.any():
        return None
    if whole.mean() > ALL:
        return np.ones(difference.shape, np.float32)
    return _softened(whole, cell)


def _difference(made: Image, seen: Image) -> Share:
    """CIE76 of the smoothed pictures, less what texture explains."""
    old, new = (
        cv2.cvtColor(np.ascontiguousarray(cv2.GaussianBlur(one, (0, 0), SMOOTHED), np.float32), cv2.COLOR_RGB2Lab)
        for one in (seen, made)
    )
    light = cv2.cvtColor(np.ascontiguousarray(seen, np.float32), cv2.COLOR_RGB2Lab)[:, :, 0]
    mean = cv2.blur(light, AROUND)
    deviation = np.sqrt(np.maximum(cv2.blur(light * light, AROUND) - mean * mean, 0.0))
    off = np.sqrt(np.square(new - old).sum(axis=2))
    return np.asarray(np.maximum(off - np.float32(TEXTURE) * deviation, 0.0), np.float32)


def _cleaned(little: Flags, clear: NDArray[np.bool_], cell: int) -> Flags:
    """What is connected to something clear, closed, without holes and specks."""
    joined = cv2.morphologyEx(little, cv2.MORPH_CLOSE, _disc(cell // 2))
    count, labels = cv2.connectedComponents(joined)
    parts = np.asarray(labels, np.int32)
    surely = np.bincount(parts[clear & (joined > 0)], minlength=count)
    surely[0] = 0
    kept = surely >= max(1, cell * cell // 8)
    whole = np.asarray(kept[parts], np.uint8)
    outlines, _ = cv2.findContours(whole, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    small = [line for line in outlines if cv2.contourArea(line) < (4 * cell) ** 2]
    return np.asarray(cv2.drawContours(whole, small, -1, (1,), cv2.FILLED), np.uint8)


def _softened(whole: Flags, cell: int) -> Share:
    """Beyond its edge for a quarter of a cell, then fading over half a cell."""
    beyond = cv2.distanceTransform(np.uint8(1) - whole, cv2.DIST_L2, cv2.DIST_MASK_5)
    return rising((cell / 4 + cell / 2 - beyond) / (cell / 2))


def _disc(radius: int) -> Flags:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
