"""Tiles become one picture: whatever a model does to each of them, there is no edge between two."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.hires import lay_over, part, ramp, start_picture, tile_start, touched
from bridge_server.edit.source import Image
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.hires import HiresPass, plan_hires
from bridge_server.plan.native import NativeSize

NATIVE = NativeSize.around(128, 16)


def hires_for(width: int, height: int) -> HiresPass:
    whole = Bounds(0, 0, width, height)
    hires = plan_hires(whole, whole, Bounds(0, 0, 0, 0), NATIVE, 1.0)
    assert hires is not None
    return hires


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)


def test_tiles_that_come_back_as_they_went_leave_the_picture_as_it_is() -> None:
    hires, start = hires_for(500, 300), noise(304, 504)[: hires_for(500, 300).height, : hires_for(500, 300).width]
    picture = start.copy()
    for tile in hires.tiles:
        weights = ramp(tile, hires.overlap, hires.cell)
        lay_over(picture, tile_start(start, picture, tile, weights), tile, weights)
    assert np.abs(picture - start).max() < 1e-6


def test_every_pixel_is_painted_in_full_by_some_tile() -> None:
    hires = hires_for(500, 300)
    picture = np.zeros((hires.height, hires.width, 3), np.float32)
    for tile in hires.tiles:
        lay_over(
            picture, np.ones((tile.height, tile.width, 3), np.float32), tile, ramp(tile, hires.overlap, hires.cell)
        )
    assert picture.min() > 1 - 1e-6


def test_a_tone_that_differs_from_tile_to_tile_makes_no_edge() -> None:
    hires = hires_for(500, 300)
    picture = np.full((hires.height, hires.width, 3), 0.5, np.float32)
    for index, tile in enumerate(hires.tiles):
        tone = np.full((tile.height, tile.width, 3), 0.4 if index % 2 else 0.6, np.float32)
        lay_over(picture, tone, tile, ramp(tile, hires.overlap, hires.cell))
    steepest = 0.2 * 1.5 / (hires.overlap - 16)  # of a smooth ramp: 1.5 times its mean
    assert np.ptp(picture) == pytest.approx(0.2, abs=1e-5)
    assert max(np.abs(np.diff(picture, axis=axis)).max() for axis in (0, 1)) <= steepest * 1.05


def test_where_a_tile_is_free_it_sees_nothing_that_was_painted_before() -> None:
    tile, weights = Bounds(96, 0, 128, 128), ramp(Bounds(96, 0, 128, 128), 32, 8)
    start, painted = np.zeros((128, 300, 3), np.float32), np.ones((128, 300, 3), np.float32)
    seen = tile_start(start, painted, tile, weights)
    assert (seen[:, 24:] == 0).all() and (seen[:, :8] == 1).all()
    assert (np.diff(seen[0, :, 0]) <= 0).all()


def test_the_second_pass_starts_from_the_first_where_that_painted_and_from_the_document_elsewhere() -> None:
    mask = np.zeros((240, 320), np.float32)
    mask[:, 160:] = 1.0
    document = noise(240, 320)
    first = np.full((60, 80, 3), 0.25, np.float32)
    start = start_picture(first, document, mask)
    assert np.array_equal(start[:, :160], document[:, :160])
    assert np.allclose(start[:, 160:], 0.25)
    alone = start_picture(None, document, mask)
    assert np.array_equal(alone, document) and alone is not document


def test_only_tiles_that_touch_the_mask_are_painted() -> None:
    hires = hires_for(500, 300)
    mask = np.zeros((hires.height, hires.width), np.float32)
    assert touched(hires.tiles, mask) == []
    mask[5, 7] = 0.01
    assert touched(hires.tiles, mask) == [hires.tiles[0]]
    assert part(mask, hires.tiles[0]).max() == np.float32(0.01)
