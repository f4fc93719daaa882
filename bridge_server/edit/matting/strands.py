"""Hair that the network does not see: thin things that begin at the subject and are unlike the background.

The background's colours around are taken to be normally distributed. Along the direction that tells hair from them best
(Fisher's linear discriminant) the place of a pixel between both says its alpha, however the background's texture runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .guided import Share
from .trimap import Flags, Trimap

REACH = 45  # pixels of the network, from the contour: so long hair is looked for
AROUND = 40  # pixels of the network: the background of a pixel is what lies so near
FREE = 0.35  # of REACH, from where on there is more background than hair
ROUNDS = 3  # in which what is unlike the background is left out of its colours
UNLIKE = 9.0  # squared deviations from the background's colours (of a normal distribution 3 % are beyond)
NOISE = 0.02  # of encoded values, the least deviation
ENOUGH = 1e-3  # of a window, that background must be
THIN = 2.5  # pixels of the network: half of what is the thickest
LONG = 5  # pixels of the network that a strand reaches from the contour, at least
BESIDE = 3  # pixels of the network, around a strand, where it is told from the background
OWN = 12  # pixels of the network: a strand's colour is that of the strands so near
CLEAREST = 400.0  # squared deviations: what is more is no more of a strand
APART = 12.0  # squared deviations between hair and background that tell alpha well
HAIRY = 0.6  # of the contour, that must have strands near: wood behind a cup has them at 0.4, hair at 0.8 and more

SMALLER = 4  # times: so much smaller is the picture that the background's colours are found in
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))  # of channels

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Strands:
    """where: (h, w), what may be of them. alpha, confidence: (h, w) 0 to 1, what their colours say there."""

    where: Flags
    alpha: Floats
    confidence: Floats

    def half(self, size: tuple[int, int]) -> Strands:
        """Of a picture of this size, width and height."""
        where, alpha, confidence = (
            np.asarray(cv2.resize(one.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
            for one in (self.where, self.alpha, self.confidence)
        )
        return Strands(where > 0, alpha, confidence)


@dataclass(frozen=True)
class _Ground:
    """The background's colours around each pixel: mean (h, w, 3); the inverse of their covariance, (h, w) each, by row
    and column. known: (h, w), how much of what is around is background.
    """

    mean: Image
    inverse: Mapping[tuple[int, int], Floats]
    known: Floats

    def leaning(self, way: Image) -> Image:
        """The inverse times (h, w, 3)."""
        rows = [sum(self.inverse[min(i, j), max(i, j)] * way[..., j] for j in range(3)) for i in range(3)]
        return np.stack(rows, axis=2).astype(np.float32, copy=False)


def find_strands(picture: Image, share: Share, trimap: Trimap, threshold: float, pixel: float) -> Strands | None:
    """None where the subject is not hairy. picture: (h, w, 3), share: (h, w), as in `make_trimap`."""
    core = share > threshold
    if not core.any() or core.all():
        return None
    distance = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    away = np.asarray(distance / pixel, np.float32)
    free = (away > FREE * REACH) & ~trimap.inside
    ground = _ground_of(picture, free.astype(np.float32), pixel)
    for _ in range(ROUNDS - 1):
        ground = _ground_of(picture, (free & (_unlike(picture, ground) < UNLIKE)).astype(np.float32), pixel)
    unlike = _unlike(picture, ground)
    found = ~core & (away < REACH) & (unlike > UNLIKE) & (ground.known > ENOUGH)
    strands = _thin_ones(found, core, away, pixel)
    rim = cv2.morphologyEx(core.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if _grown(strands, OWN, pixel)[rim].mean() < HAIRY:
        return None
    return _told(picture, strands, np.minimum(unlike, CLEAREST).astype(np.float32), ground, core, pixel)


def _thin_ones(found: Flags, core: Flags, away: Floats, pixel: float) -> Flags:
    """Of what was found, what is thin, begins at the subject and is long."""
    side = 2 * max(1, round(THIN * pixel)) + 1
    round_one = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    thick = cv2.morphologyEx((found | core).astype(np.uint8), cv2.MORPH_OPEN, round_one) > 0
    thin = found & ~thick
    grown = cv2.dilate(thin.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    _, labels = cv2.connectedComponents((grown & ~core).astype(np.uint8), connectivity=8)
    parts = np.asarray(labels, np.int32)
    reach = np.zeros(int(parts.max()) + 1, np.float32)
    np.maximum.at(reach, parts, away)
    begins = np.zeros(reach.size, np.bool_)
    begins[np.unique(parts[away < BESIDE])] = True
    begins[0] = False
    return thin & (begins & (reach > LONG))[parts]


def _told(picture: Image, strands: Flags, unlike: Floats, ground: _Ground, core: Flags, pixel: float) -> Strands:
    side = 2 * max(1, round(OWN * pixel)) + 1
    weight = unlike * strands
    total = np.asarray(cv2.blur(weight, (side, side)), np.float32)
    own = cv2.blur(picture * weight[..., None], (side, side)) / np.maximum(total, np.float32(1e-6))[..., None]
    way = np.asarray(own - ground.mean, np.float32)
    leaning = ground.leaning(way)
    apart = np.einsum("ijc,ijc->ij", leaning, way)
    alpha = np.einsum("ijc,ijc->ij", leaning, picture - ground.mean) / np.maximum(apart, np.float32(1e-6))
    where = _grown(strands, BESIDE, pixel) & ~core
    sure = np.where(where & (total > 1e-6), 1 - np.exp(-apart / np.float32(APART)), 0)
    return Strands(where, np.clip(alpha, 0, 1).astype(np.float32), sure.astype(np.float32))


def _grown(flags: Flags, by: float, pixel: float) -> Flags:
    side = 2 * max(1, round(by * pixel)) + 1
    return cv2.dilate(flags.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0


def _unlike(picture: Image, ground: _Ground) -> Floats:
    """Squared deviations (h, w) of each pixel from the background's colours: Mahalanobis."""
    off = picture - ground.mean
    return np.asarray(np.einsum("ijc,ijc->ij", ground.leaning(off), off), np.float32)


def _ground_of(picture: Image, ground: Floats, pixel: float) -> _Ground:
    """ground: (h, w), 1 where background is known. Its colours are smooth, so they are found at a smaller size."""
    height, width = ground.shape
    size = max(1, width // SMALLER), max(1, height // SMALLER)
    side = 2 * max(1, round(AROUND * pixel / SMALLER)) + 1

    def mean(values: Floats) -> Floats:
        small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.blur(small, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    def large(values: Floats) -> Floats:
        return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    known = mean(ground)
    share = np.maximum(known, np.float32(1e-6))
    seen = picture * ground[..., None]
    center = np.asarray(mean(seen) / share[..., None], np.float32)

    def spread(i: int, j: int) -> Floats:
        both = mean(seen[..., i] * picture[..., j]) / share - center[..., i] * center[..., j]
        return np.asarray(both + (NOISE * NOISE if i == j else 0), np.float32)

    a, b, c, d, e, f = (spread(*pair) for pair in PAIRS)
    cofactors = d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b
    whole = a * cofactors[0] + b * cofactors[1] + c * cofactors[2]
    inverse = {
        pair: large(np.asarray(cofactor / whole, np.float32)) for pair, cofactor in zip(PAIRS, cofactors, strict=True)
    }
    return _Ground(large(center), inverse, large(known))
