"""The end of a fill by example: a hole that is too smooth gets the grain around it, and nothing else changes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.compiled import threads
from bridge_server.edit.fill.exemplar.detail import MOST, enliven
from bridge_server.edit.fill.exemplar.tiles import tiles

Picture = NDArray[np.float32]
Flags = NDArray[np.uint8]

HEIGHT, WIDTH = 220, 300
HOLE = np.zeros((HEIGHT, WIDTH), np.uint8)
HOLE[80:140, 110:190] = 1
BESIDE = (HOLE == 1) & (cv2.erode(HOLE, np.ones((13, 13), np.uint8)) == 0)  # 6 pixels deep


def grain(contrast: float, channels: int = 3, seed: int = 1, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> Picture:
    """Gray with grain about a pixel wide of that standard deviation."""
    noise = np.random.default_rng(seed).normal(size=(*shape, channels)).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), 0.7).reshape(noise.shape)
    return np.float32(0.5) + fine * np.float32(contrast / fine.std())


def with_hole(around: Picture, inside: Picture, hole: Flags = HOLE) -> Picture:
    return np.where(hole[..., None] == 1, inside, around).astype(np.float32)


def enlivened(
    picture: Picture, hole: Flags = HOLE, known: Flags | None = None, count: int = 1, side: int = 256
) -> Picture:
    result = picture.copy()
    with threads(count) as bands:
        enliven(result, hole, 1 - hole if known is None else known, tiles(hole, side), bands)
    assert result.dtype == np.float32 and result.shape == picture.shape
    assert result[hole == 0].tobytes() == picture[hole == 0].tobytes()
    return result


def contrast(picture: Picture, where: NDArray[np.bool_]) -> float:
    return float((picture - cv2.GaussianBlur(picture, (0, 0), 1.5).reshape(picture.shape))[where].std())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("share", [0.8, 0.9])
@pytest.mark.parametrize("most", [255, 65535, None], ids=["8 bit", "16 bit", "float"])
def test_a_smooth_fill_regains_the_grain_around_it(channels: int, share: float, most: int | None) -> None:
    around = grain(0.06, channels)
    smooth = with_hole(around, grain(0.06 * share, channels, seed=2))
    if most:
        smooth = np.rint(smooth * np.float32(most)) / np.float32(most)
    wanted = contrast(around, BESIDE)
    assert contrast(smooth, BESIDE) < (share + 0.05) * wanted
    assert 0.94 * wanted < contrast(enlivened(smooth), BESIDE) < 1.06 * wanted


def test_the_gain_is_limited() -> None:
    """What has hardly any detail is not grain that lacks contrast, and would show what it has of noise."""
    smooth = with_hole(grain(0.1), grain(0.01, seed=2))
    added = enlivened(smooth) - smooth
    fine = smooth - cv2.GaussianBlur(smooth, (0, 0), 1.5)
    assert np.abs(added).max() > 0.2 * np.abs(fine[HOLE == 1]).max()
    assert (np.abs(added) <= (MOST - 1) * np.abs(fine) * 1.001 + 1e-7).all()


def test_flat_surroundings_add_nothing() -> None:
    smooth = with_hole(np.full((HEIGHT, WIDTH, 3), 0.3, np.float32), grain(0.02))
    assert enlivened(smooth).tobytes() == smooth.tobytes()


@pytest.mark.parametrize("more", [1.1, 2])
def test_enough_detail_is_not_amplified(more: float) -> None:
    lively = with_hole(grain(0.04), grain(0.04 * more, seed=2))
    assert contrast(enlivened(lively), HOLE == 1) < 1.01 * contrast(lively, HOLE == 1)


def test_an_edge_along_the_hole_is_no_grain() -> None:
    """A dark fill that ends where the hole does, under grain: its edge alone would be the greatest gain."""
    picture = grain(0.01) - with_hole(
        np.zeros((HEIGHT, WIDTH, 3), np.float32), np.full((HEIGHT, WIDTH, 3), 0.4, np.float32)
    )
    assert np.abs(enlivened(picture) - picture).max() < 0.01


def test_nothing_far_from_what_is_known() -> None:
    hole = np.zeros((HEIGHT, WIDTH), np.uint8)
    hole[10:-10, 10:-10] = 1
    smooth = with_hole(grain(0.06), grain(0.045, seed=2), hole)
    result, deep = enlivened(smooth, hole), cv2.distanceTransform(hole, cv2.DIST_L2, 5) > 42
    assert result[deep].tobytes() == smooth[deep].tobytes()
    assert result[14].tobytes() != smooth[14].tobytes()


def test_no_gain_where_little_is_known() -> None:
    """A few known pixels tell too little about grain; transparent ones tell nothing."""
    smooth = with_hole(grain(0.06), grain(0.045, seed=2))
    nothing, few = np.zeros_like(HOLE), np.zeros_like(HOLE)
    few[70:72, 150:152] = 1
    assert enlivened(smooth, known=nothing).tobytes() == smooth.tobytes()
    assert np.abs(enlivened(smooth, known=few) - smooth).max() < 0.2 * np.abs(enlivened(smooth) - smooth).max()


def test_nothing_is_read_where_nothing_is_known() -> None:
    """Transparent pixels have some colour or other, and parts of a hole that are filled later what is to be removed."""
    smooth, known = with_hole(grain(0.06), grain(0.045, seed=2)), 1 - HOLE
    known[:, 190:] = 0
    unknown = (known == 0) & (HOLE == 0)
    green, none = (np.where(unknown[..., None], np.float32(one), smooth) for one in ([0, 9, 0], [np.nan] * 3))
    result = enlivened(green, known=known)
    assert result[HOLE == 1].tobytes() == enlivened(none, known=known)[HOLE == 1].tobytes()
    wanted = enlivened(smooth)
    assert np.abs(result - wanted)[100:120, 110:150].max() < 0.1 * np.abs(wanted - smooth).max()


@pytest.mark.parametrize("offset, scale", [(0, 1), (-3, 7)], ids=["0 to 1", "beyond"])
def test_any_range_of_values(offset: float, scale: float) -> None:
    """Light beyond white, and colours outside of sRGB, are values like others."""
    smooth = with_hole(grain(0.06), grain(0.045, seed=2))
    result = enlivened(smooth * np.float32(scale) + np.float32(offset))
    assert np.allclose((result - offset) / scale, enlivened(smooth), atol=2e-4)


@pytest.mark.parametrize("side", [32, 256])
def test_the_same_bytes_for_every_number_of_threads(side: int) -> None:
    smooth = with_hole(grain(0.06), grain(0.045, seed=2))
    one, two, five = (enlivened(smooth, count=count, side=side) for count in (1, 2, 5))
    assert one.tobytes() == two.tobytes() == five.tobytes()


def test_tiles_do_not_show() -> None:
    smooth = with_hole(grain(0.06), grain(0.045, seed=2))
    assert np.allclose(enlivened(smooth, side=32), enlivened(smooth, side=256), atol=1e-6)


def test_only_the_neighbourhood_of_the_hole_is_read() -> None:
    shape = (500, 600)
    around, inside, hole = grain(0.06, shape=shape), grain(0.045, seed=2, shape=shape), np.zeros(shape, np.uint8)
    hole[200:260, 300:350] = 1
    picture = with_hole(around, inside, hole)
    far = cv2.dilate(hole, np.ones((101, 101), np.uint8)) == 0
    broken = np.where(far[..., None], np.float32(np.nan), picture)
    assert enlivened(broken, hole)[hole == 1].tobytes() == enlivened(picture, hole)[hole == 1].tobytes()
