"""Scaling: no shift, no halo, no aliasing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.edit.resample import resize

ROUNDING = 1.2e-5  # float32 means of thousands of pixels; less than one step of 16 bits, 1.5e-5
SIZES = [31, 64, 97, 127, 128, 129, 200, 333, 512]


def blob(side: int = 128) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] + 0.5
    return np.exp(-((columns - 55.3) ** 2 + (rows - 70.6) ** 2) / (2 * 11.0**2)).astype(np.float32)


def center(image: np.ndarray) -> tuple[float, float]:
    """Centre of mass, in parts of the picture's width and height."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    total = image.sum()
    return float((columns * image).sum() / total / image.shape[1]), float((rows * image).sum() / total / image.shape[0])


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("height", [64, 128, 150])
def test_nothing_moves(width: int, height: int) -> None:
    """A fiftieth of a pixel is allowed, 25 times less than the half pixel of a wrong convention."""
    there = resize(blob(), width, height)
    back = resize(there, 128, 128)
    for image in (there, back):
        assert center(image) == pytest.approx(center(blob()), abs=0.02 / 128)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(0, 9))
def test_no_value_leaves_the_range_and_a_plain_picture_stays_plain(
    w: int, h: int, width: int, height: int, seed: int
) -> None:
    image = np.random.default_rng(seed).uniform(0.3, 0.7, (h, w, 3)).astype(np.float32)
    scaled = resize(image, width, height)
    assert scaled.shape == (height, width, 3)
    assert scaled.min() >= image.min() - ROUNDING and scaled.max() <= image.max() + ROUNDING
    assert np.allclose(resize(np.full((h, w), 0.6, np.float32), width, height), 0.6, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("width", [129, 200, 333, 1000])
def test_an_enlarged_edge_has_no_halo(width: int) -> None:
    edge = np.full((40, 100), 0.3, np.float32)
    edge[:, 50:] = 0.7
    enlarged = resize(edge, width, 40)
    assert (np.diff(enlarged, axis=1) >= -1e-6).all()
    assert enlarged.min() >= 0.3 - 1e-6 and enlarged.max() <= 0.7 + 1e-6


def test_shrinking_averages() -> None:
    stripes = np.zeros((64, 64), np.float32)
    stripes[:, ::2] = 1.0
    assert np.allclose(resize(stripes, 16, 16), 0.5, atol=1e-6)


def test_the_same_size_is_the_same_array() -> None:
    image = blob()
    assert resize(image, 128, 128) is image
