"""Enlarging both ways, with a stand-in for the network: levels, alpha, profiles, and that tiles leave no trace."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from bridge_server.edit import enlarge as module
from bridge_server.edit.color.profiles import icc_of
from bridge_server.edit.enlarge import Enlarger, drawn, enlarge, interpolated, tiles


def draw(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Four times as large, too light and with noise of its own, of which nothing may be left but what is finer."""
    height, width = picture.shape[:2]
    large = cv2.resize(picture, (4 * width, 4 * height), interpolation=cv2.INTER_CUBIC)
    checks = (np.indices((4 * height, 4 * width)).sum(axis=0) % 2)[:, :, np.newaxis]
    return np.asarray(large * 0.9 + 0.08 + checks * 0.02, np.float32)


WAYS = (pytest.param(interpolated, id="photograph"), pytest.param(drawn(draw), id="drawing"))
each_way = pytest.mark.parametrize("way", WAYS)


def whole(image: NDArray[Any], scale: int, way: Enlarger, profile: bytes | str | None = None) -> NDArray[Any]:
    height, width, channels = image.shape
    large = np.zeros((height * scale, width * scale, channels), image.dtype)
    for place, pixels in enlarge(image, profile, scale, way):
        large[place.y : place.bottom, place.x : place.right] = pixels
    return large


def small_again(large: NDArray[Any], scale: int) -> NDArray[np.float32]:
    height, width, channels = large.shape
    small = cv2.resize(large.astype(np.float32), (width // scale, height // scale), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).reshape(height // scale, width // scale, channels)


def crop(dtype: Any = np.uint8) -> NDArray[Any]:
    picture = data.astronaut()[60:180, 160:310]
    if dtype == np.uint8:
        return picture
    full = 65535 if dtype == np.uint16 else 1.0
    return (picture.astype(np.float64) / 255 * 0.8 * full + 0.05 * full).astype(dtype)


@each_way
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_made_small_again_it_is_the_picture(way: Enlarger, scale: int) -> None:
    for dtype, off in ((np.uint8, 2.0), (np.uint16, 300.0), (np.float32, 0.004)):
        picture = crop(dtype)
        large = whole(picture, scale, way)
        assert large.dtype == dtype and large.shape == (120 * scale, 150 * scale, 3)
        error = np.abs(small_again(large, scale) - picture)
        assert error.mean() < off / 3 and np.quantile(error, 0.99) < 3 * off, (dtype, error.mean())


@each_way
def test_sixteen_bits_stay_sixteen_bits(way: Enlarger) -> None:
    """A slope of a hundred levels: of eight bits it would have one."""
    slope = np.broadcast_to(np.linspace(30000, 30100, 60).astype(np.uint16)[:, np.newaxis, np.newaxis], (60, 40, 3))
    large = whole(np.ascontiguousarray(slope), 2, way)
    assert len(np.unique(large[:, 40, 0])) > 70 and np.abs(small_again(large, 2) - slope).max() < 2


@each_way
def test_light_above_white_is_kept(way: Enlarger) -> None:
    picture = crop(np.float32) * 3
    assert abs(float(small_again(whole(picture, 2, way), 2).max()) - float(picture.max())) < 0.1


@each_way
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_where_tiles_lie_cannot_be_seen(way: Enlarger, scale: int, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.dstack([crop(), np.full((120, 150), 255, np.uint8)])
    cv2.circle(picture, (75, 60), 40, (0, 0, 0, 0), -1, cv2.LINE_AA)
    at_once = whole(picture, scale, way)
    monkeypatch.setattr(module, "TILE", 40)
    assert len(tiles(150, 120)) == 12
    apart = np.abs(whole(picture, scale, way).astype(int) - at_once)
    assert apart.max() <= 1 and np.count_nonzero(apart) < 1e-4 * apart.size, "places at thirds of a pixel are rounded"
    assert scale == 3 or not apart.any()


def test_tiles_cover_the_picture_once() -> None:
    seen = np.zeros((700, 650), np.uint8)
    for tile in tiles(650, 700):
        seen[tile.y : tile.bottom, tile.x : tile.right] += 1
    assert (seen == 1).all()


@each_way
def test_what_is_hidden_under_transparency_does_not_come_out(way: Enlarger) -> None:
    picture = np.full((60, 60, 4), (200, 180, 160, 255), np.uint8)
    picture[:, 30:] = (0, 255, 0, 0)
    large = whole(picture, 2, way)
    assert large[:, :59, 3].min() == 255 and large[:, 61:, 3].max() == 0
    assert np.abs(large[:, :59, :3].astype(int) - (200, 180, 160)).max() <= 3
    assert np.abs(large[:, 60:64, :3].astype(int) - (200, 180, 160)).max() <= 8, "not the hidden green"


@each_way
@pytest.mark.parametrize("channels", [1, 2])
def test_gray_stays_gray(way: Enlarger, channels: int) -> None:
    picture = np.ascontiguousarray(np.dstack([crop()[:, :, :1], np.full((120, 150), 128, np.uint8)])[:, :, :channels])
    large = whole(picture, 2, way)
    assert large.shape == (240, 300, channels)
    assert np.abs(small_again(large, 2)[:, :, 0] - picture[:, :, 0]).mean() < 1
    assert channels == 1 or (large[:, :, 1] == 128).all()


@each_way
def test_values_of_a_wide_profile_are_not_taken_for_srgb(way: Enlarger) -> None:
    """Pure green of ProPhoto RGB is far outside sRGB; it comes back as it was."""
    picture = np.full((20, 20, 3), (0, 65535, 0), np.uint16)
    large = whole(picture, 2, way, icc_of("ProPhoto RGB"))
    assert np.abs(large.astype(int) - (0, 65535, 0)).max() < 700


@each_way
def test_a_picture_smaller_than_what_is_looked_at_around_a_tile(way: Enlarger) -> None:
    picture = np.asarray(Image.fromarray(crop()).resize((3, 2)))
    large = whole(picture, 4, way)
    assert large.shape == (8, 12, 3) and np.abs(small_again(large, 4) - picture).mean() < 4


def test_a_photograph_gets_no_halo() -> None:
    """No value is beyond those of the pixels around it, at black letters on gray and in a photograph."""
    letters = np.full((90, 120, 3), 140, np.uint8)
    cv2.putText(letters, "Halo", (8, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 3, cv2.LINE_AA)
    for picture in (letters, crop()):
        large = whole(picture, 2, interpolated).astype(int)
        around = np.ones((5, 5), np.uint8)  # the range itself is interpolated between two pixels
        lowest, highest = (one(picture, around).repeat(2, 0).repeat(2, 1) for one in (cv2.erode, cv2.dilate))
        assert (large >= lowest).all() and (large <= highest).all()


def test_a_soft_edge_shows_none_of_the_color_beyond_it() -> None:
    """A pale disc, cut out of black as programs do it that do not clean their edges: no dark rim over white."""
    side, center = 48, 24.0
    y, x = np.mgrid[:side, :side] + 0.5
    alpha = np.clip(16.5 - np.hypot(x - center, y - center), 0, 1)
    color = np.where(alpha[:, :, np.newaxis] > 0.02, np.array((230.0, 210.0, 190.0)), 0.0)
    picture = np.rint(np.dstack([color, alpha * 255])).astype(np.uint8)
    large = whole(picture, 4, interpolated).astype(float)
    share = large[:, :, 3:] / 255
    over_white = large[:, :, :3] * share + 255 * (1 - share)
    assert over_white.min(axis=(0, 1)).tolist() >= [228, 208, 188]


def test_light_above_white_gets_no_halo_either() -> None:
    picture = np.full((20, 40, 3), 0.2, np.float32)
    picture[:, 20:] = 6.0
    large = whole(picture, 2, interpolated)
    assert large.min() > 0.199 and large.max() < 6.01
    assert large[20, 36, 0] < 0.21 and large[20, 44, 0] > 5.9, "the edge is two pixels wide"


@each_way
@pytest.mark.parametrize("name", [None, "Linear sRGB", "ProPhoto RGB", "Linear ProPhoto RGB"])
@pytest.mark.parametrize(("dtype", "brightest"), [(np.float16, 1.0), (np.float32, 1.0), (np.float32, 6.0)])
def test_float_goes_beyond_nothing_that_was_there(
    way: Enlarger, name: str | None, dtype: type[np.floating[Any]], brightest: float
) -> None:
    """In the document's own channels, wide and linear ones too. A network's drawing may reach from black to white."""
    colors = np.random.default_rng(0).integers(0, 3, (12, 12, 3)) * (brightest / 2)
    sharp = cv2.resize(colors.astype(np.float32), (72, 72), interpolation=cv2.INTER_NEAREST)
    picture = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 0.8).astype(dtype), np.float32)
    large = whole(picture, 2, way, None if name is None else icc_of(name))
    assert large.min() >= -1e-6 and large.max() <= brightest + 1e-5 and large.max() > 0.95 * brightest
    if way is interpolated:
        around = np.ones((5, 5), np.uint8)
        lowest, highest = (one(picture, around).repeat(2, 0).repeat(2, 1) for one in (cv2.erode, cv2.dilate))
        assert (large >= lowest - 1e-5).all() and (large <= highest + 1e-5).all()


@each_way
def test_levels_of_sixteen_bits_in_a_wide_profile_get_no_halo(way: Enlarger) -> None:
    """Beside a pure colour gray keeps its level: no channel goes below what it has anywhere."""
    picture = np.full((20, 40, 3), 20000, np.uint16)
    picture[:, 20:] = (65535, 20000, 20000)
    large = whole(picture, 2, way, icc_of("ProPhoto RGB")).astype(int)
    if way is interpolated:
        assert large.min() >= 19998 and np.abs(large[:, :36] - 20000).max() <= 2


def test_what_is_hidden_limits_nothing_in_a_wide_profile() -> None:
    picture = np.full((40, 40, 4), (0.8, 0.4, 0.1, 1.0), np.float32)
    picture[:, 20:] = (np.nan, 9.0, -3.0, 0.0)
    large = whole(picture, 2, interpolated, icc_of("ProPhoto RGB"))
    assert np.abs(large[:, :44, :3] - np.float32((0.8, 0.4, 0.1))).max() < 1e-3
