"""Filling: what is known stays, what is not known continues it smoothly."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.fill import NEUTRAL, fill_unknown


def slope(width: int, height: int) -> np.ndarray:
    columns, rows = np.meshgrid(np.linspace(0.2, 0.8, width), np.linspace(0.3, 0.7, height))
    return np.stack([columns, rows, (columns + rows) / 2], axis=2).astype(np.float32)


@pytest.mark.parametrize("size", [(64, 64), (97, 61), (1, 1), (5, 200)])
def test_one_color_is_filled_with_that_color(size: tuple[int, int]) -> None:
    width, height = size
    weight = np.zeros((height, width), np.float32)
    weight[: max(1, height // 3), : max(1, width // 3)] = 1
    image = np.where(weight[:, :, np.newaxis] > 0, np.float32([0.9, 0.5, 0.1]), np.float32(0)).astype(np.float32)
    assert np.allclose(fill_unknown(image, weight, 8), [0.9, 0.5, 0.1], atol=1e-5)


def test_nothing_known_is_neutral() -> None:
    assert np.allclose(fill_unknown(slope(40, 30), np.zeros((30, 40), np.float32), 8), NEUTRAL)


def test_a_hole_in_a_slope_is_filled_with_nearly_the_slope() -> None:
    image, weight = slope(128, 128), np.ones((128, 128), np.float32)
    weight[40:90, 40:90] = 0
    filled = fill_unknown(np.where(weight[:, :, np.newaxis] > 0, image, np.float32(1.0)), weight, 8)
    assert np.abs(filled - image)[40:90, 40:90].max() < 0.08
    assert np.abs(np.diff(filled, axis=0)).max() < 0.03 and np.abs(np.diff(filled, axis=1)).max() < 0.03


def test_what_is_not_known_has_no_influence() -> None:
    weight = np.ones((50, 70), np.float32)
    weight[:, 30:] = 0
    one, other = slope(70, 50), slope(70, 50)
    one[:, 30:], other[:, 30:] = 0.0, 1.0
    assert np.array_equal(fill_unknown(one, weight, 8), fill_unknown(other, weight, 8))


def test_the_fill_stays_within_the_range_of_what_is_known() -> None:
    image = np.random.default_rng(0).uniform(0.25, 0.75, (60, 80, 3)).astype(np.float32)
    weight = (np.random.default_rng(1).random((60, 80)) < 0.1).astype(np.float32)
    filled = fill_unknown(image, weight, 8)
    assert filled.min() >= 0.2499 and filled.max() <= 0.7501
