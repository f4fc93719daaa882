"""What the colours just inside a hole most likely are: the best linear prediction from the known pixels around them.

Ordinary kriging (Cressie, Statistics for Spatial Data, 1993, section 3.2), with the covariance that the picture itself
has there: so lines and stripes go on in their direction, and a rough texture soon becomes its mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands, compiled_part, compiled_plain, split
from .matching import Flags

DEEPEST = 10.0  # pixels from the known picture; no prediction is made further inside
BEYOND = 6.5  # pixels: what is used is further away than the nearest known pixel by so much at most
NEAREST = 2.5  # up to this all of it is used, then every second pixel,
NEARER = 4.5  # and from here on every fourth one
MOST = 40  # known pixels that one is predicted from
WEIGHTS, ONES, AWAY = MOST, MOST + 1, MOST + 2  # rows of what `predict` works with, below the factors
LAG = 2 * int(DEEPEST + BEYOND)  # pixels: the longest step between two of these, each way
TILE = 32  # pixels: what has one covariance
BAND = TILE // 4  # rows that are predicted one after the other
SIGHT = 16.0  # pixels, Gaussian sigma: from how far around it is found
WINDOW = 40  # pixels, each way
SIDE = 128  # of the transforms: no less than twice the window and the lag
PLAIN = 0.1  # the share of a covariance that falls off alike in all directions,
LENGTH = 12.0  # to a third within so many pixels
NOISE = 0.01  # the share of the variance that says nothing about the pixel beside
STILL = 1e-7  # the least variance, so that a flat picture has a solution


def continued(
    picture: NDArray[np.float32], known: Flags, depth: NDArray[np.float32], bands: Bands
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A new picture (H, W, C), predicted where depth is more than 0; and the square of the error to be expected there.

    depth: (H, W) pixels from the known ones, DEEPEST at most. The error's square is (H, W), of all channels together, 0
    elsewhere. No prediction is darker or lighter than all that it follows from.
    """
    height, width = known.shape
    predicted, errors = picture.copy(), np.zeros((height, width), np.float32)
    tiles = [
        (top, left)
        for top in range(0, height, TILE)
        for left in range(0, width, TILE)
        if depth[top : top + TILE, left : left + TILE].any()
    ]
    if not tiles:
        return predicted, errors
    half = TILE // 2
    seen = np.stack(bands.each(lambda tile, _: covariance(picture, known, tile[0] + half, tile[1] + half), tiles))
    which = np.full((-(-height // TILE), -(-width // TILE)), -1, np.int64)
    which[tuple(np.array(tiles).T // TILE)] = np.arange(len(tiles))
    parts = split(min(tiles)[0], min(height, max(tiles)[0] + TILE), BAND)
    work = np.empty((-(-height // BAND), AWAY + 1, MOST)), np.empty((-(-height // BAND), 2 * MOST), np.int64)
    bands.run(predict, parts, picture, known, depth, seen, which, *work, predicted, errors)
    return predicted, errors


def covariance(picture: NDArray[np.float32], known: Flags, y: int, x: int) -> NDArray[np.float64]:
    """(2 LAG + 1, 2 LAG + 1), of two known pixels that are so far apart, near a place; of all channels together.

    It is that of a picture which is zero where nothing is known, so that it has no negative frequencies.
    """
    top, left = max(0, y - WINDOW), max(0, x - WINDOW)
    rows, columns = slice(top, y + WINDOW), slice(left, x + WINDOW)
    seen = known[rows, columns] == 1
    height, width = map(int, seen.shape)
    down, across = np.arange(top, top + height), np.arange(left, left + width)
    far = (down[:, None] - y) ** 2 + (across[None] - x) ** 2
    weight = np.where(seen, np.exp(-far / (4 * SIGHT**2)), 0)
    counted = max(float((weight**2).sum()), 1e-9)
    found = np.zeros((SIDE, SIDE))
    for channel in range(picture.shape[2]):
        part = np.where(seen, picture[rows, columns, channel], 0).astype(np.float64)
        part -= float((part * weight).sum()) / max(float(weight.sum()), 1e-9)
        found += np.fft.irfft2(np.abs(np.fft.rfft2(part * weight, (SIDE, SIDE))) ** 2, (SIDE, SIDE))
    steps = np.arange(-LAG, LAG + 1)
    variance = float(found[0, 0]) / counted + STILL
    plain = variance * np.exp(-np.hypot(steps[:, None], steps[None]) / LENGTH)
    mixed = (1 - PLAIN) * found[np.ix_(steps, steps)] / counted + PLAIN * plain
    mixed[LAG, LAG] += NOISE * variance
    return mixed


@compiled_plain
def predict(
    first: int,
    last: int,
    picture: NDArray[np.float32],
    known: Flags,
    depth: NDArray[np.float32],
    covariances: NDArray[np.float64],
    which: NDArray[np.int64],
    factors: NDArray[np.float64],
    used: NDArray[np.int64],
    predicted: NDArray[np.float32],
    errors: NDArray[np.float32],
) -> None:
    """Write the predictions and their errors' squares of the rows first to last.

    which: (rows, columns) of tiles, the number of the covariance of each. factors: (bands, AWAY + 1, MOST), and used:
    (bands, 2 · MOST), to work with.
    """
    factor = factors[first // BAND]
    places = used[first // BAND]
    for y in range(first, last):
        for x in range(known.shape[1]):
            if depth[y, x] <= 0:
                continue
            count = _around(y, x, depth[y, x], known, places, factor)
            if count == 0:
                continue
            seen = covariances[which[y // TILE, x // TILE]]
            for i in range(count):
                row = places[i]
                column = places[MOST + i]
                for j in range(i + 1):
                    factor[i, j] = seen[row - places[j] + LAG, column - places[MOST + j] + LAG]
                factor[WEIGHTS, i] = seen[row - y + LAG, column - x + LAG]
                factor[ONES, i] = 1.0
            _solve(factor, count)
            error = seen[LAG, LAG]
            for i in range(count):
                error -= factor[WEIGHTS, i] * seen[places[i] - y + LAG, places[MOST + i] - x + LAG]
            errors[y, x] = error if error > 0.0 else 0.0
            for k in range(picture.shape[2]):
                total = 0.0
                darkest = picture[places[0], places[MOST], k]
                lightest = darkest
                for i in range(count):
                    value = picture[places[i], places[MOST + i], k]
                    total += factor[WEIGHTS, i] * value
                    if value < darkest:
                        darkest = value
                    if value > lightest:
                        lightest = value
                found = np.float32(total)
                if found < darkest:
                    found = darkest
                if found > lightest:
                    found = lightest
                predicted[y, x, k] = found


@compiled_part
def _around(
    y: int, x: int, nearest: np.float32, known: Flags, places: NDArray[np.int64], factor: NDArray[np.float64]
) -> int:
    """Write the known pixels to be used, the nearest first; gives how many they are.

    places: (2 · MOST,), their rows and then their columns. factor: its row AWAY gets how far away they are.
    """
    count = 0
    most = nearest + BEYOND
    reach = np.int64(most)
    for sy in range(max(0, y - reach), min(known.shape[0], y + reach + 1)):
        for sx in range(max(0, x - reach), min(known.shape[1], x + reach + 1)):
            if not known[sy, sx]:
                continue
            away = np.sqrt(np.float64((sy - y) * (sy - y) + (sx - x) * (sx - x)))
            if away > most or (away > nearest + NEAREST and (sy + sx) % 2):
                continue
            if away > nearest + NEARER and sy % 2:
                continue
            if count == MOST and away >= factor[AWAY, MOST - 1]:
                continue
            i = count if count < MOST else MOST - 1
            while i > 0 and factor[AWAY, i - 1] > away:
                factor[AWAY, i] = factor[AWAY, i - 1]
                places[i] = places[i - 1]
                places[MOST + i] = places[MOST + i - 1]
                i -= 1
            factor[AWAY, i] = away
            places[i] = sy
            places[MOST + i] = sx
            if count < MOST:
                count += 1
    return count


@compiled_part
def _solve(factor: NDArray[np.float64], count: int) -> None:
    """Ordinary kriging by Cholesky's factors, in place. factor: covariances of the known pixels (lower triangle).

    Its row WEIGHTS, covariances of these and the one that is predicted, becomes the weights, whose sum is 1; its row
    ONES is ones.
    """
    for i in range(count):
        for j in range(i + 1):
            rest = factor[i, j]
            for k in range(j):
                rest -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, i] = np.sqrt(rest if rest > 1e-12 else 1e-12)
            else:
                factor[i, j] = rest / factor[j, j]
    for way in range(WEIGHTS, ONES + 1):
        for i in range(count):
            rest = factor[way, i]
            for k in range(i):
                rest -= factor[i, k] * factor[way, k]
            factor[way, i] = rest / factor[i, i]
    both = 0.0
    own = 0.0
    for i in range(count):
        both += factor[ONES, i] * factor[WEIGHTS, i]
        own += factor[ONES, i] * factor[ONES, i]
    share = (1.0 - both) / own
    for i in range(count):
        factor[WEIGHTS, i] += share * factor[ONES, i]
    for i in range(count - 1, -1, -1):
        rest = factor[WEIGHTS, i]
        for k in range(i + 1, count):
            rest -= factor[k, i] * factor[WEIGHTS, k]
        factor[WEIGHTS, i] = rest / factor[i, i]
