"""What a picture that is continued must not repeat: its subject, but for where that itself goes on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .source import Image
from .subject import HALF, Network, find_subject

SEEN = 640  # pixels: the longer side of what is looked at
NEUTRAL = 0.5  # is seen where nothing is known
NEAR = 2.0  # of the network's pixels: a subject that comes so near to what is filled goes on there
BESIDE = 0.5  # of how deep what is filled is: so far around such a place the subject may be copied
RIM = 1.0  # of the network's pixels around a subject, which show it too
LEAST = 0.2  # of what is known must be left to copy from

Flags = NDArray[np.bool_]


def not_repeated(picture: Image, known: Flags, network: Network) -> Flags | None:
    """(H, W): the subject, without what is near to places where it meets what is filled. None where there is none, or
    hardly anything else to copy from.

    picture: (H, W, 3) encoded sRGB, unbounded. known: (H, W); all else is filled, or transparent.
    """
    x, y, width, height = cv2.boundingRect(known.view(np.uint8))
    if not width:
        return None
    place = slice(y, y + height), slice(x, x + width)
    scale = min(1.0, SEEN / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    seen = np.clip(cv2.resize(picture[place], size, interpolation=cv2.INTER_AREA), 0, 1)
    here = cv2.resize(known[place].view(np.uint8), size, interpolation=cv2.INTER_NEAREST) == 1
    seen = np.where(here[:, :, None], np.asarray(seen, np.float32), np.float32(NEUTRAL))
    found = find_subject(seen, network)
    if not found.is_there:
        return None
    subject = found.share > HALF
    depth = float(cv2.distanceTransform((~known).view(np.uint8), cv2.DIST_L2, 3).max()) * scale
    spared = _grown(subject, RIM * found.pixel) & ~_grown(
        _meeting(subject, here, place, known, found.pixel), BESIDE * depth
    )
    if not spared.any() or np.count_nonzero(here & ~spared) < LEAST * np.count_nonzero(here):
        return None
    result = np.zeros(known.shape, np.bool_)
    result[place] = cv2.resize(spared.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) == 1
    return result


def _meeting(subject: Flags, here: Flags, place: tuple[slice, slice], known: Flags, pixel: float) -> Flags:
    """Where the subject comes near to what is not known, which what lies beyond the whole picture is not."""
    ends = [(int(one.start == 0), int(one.stop == length)) for one, length in zip(place, known.shape, strict=True)]
    framed = np.pad(here.view(np.uint8), 1, constant_values=ends) == 0
    return subject & _grown(framed, NEAR * pixel)[1:-1, 1:-1]


def _grown(flags: Flags, radius: float) -> Flags:
    """By that many pixels, at least one."""
    away = cv2.distanceTransform((~flags).view(np.uint8), cv2.DIST_L2, 5)
    return away <= max(1.0, radius) if flags.any() else flags
