"""Depths and profiles: what comes in goes out, and what cannot be done is said."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.color import from_working, to_working
from bridge_server.errors import BridgeError, ErrorCode


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_value_survives_the_way_there_and_back(dtype: type, channels: int) -> None:
    values = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    image = np.repeat(values.reshape(-1, 256, 1), channels, axis=2)
    rgb, alpha = to_working(image, None)
    assert rgb.shape == (*image.shape[:2], 3) and rgb.dtype == np.float32
    assert rgb.min() == 0 and rgb.max() == 1
    back = from_working(rgb, np.dtype(dtype), channels < 3, None)
    assert back.dtype == dtype and back.shape == (*image.shape[:2], 1 if channels < 3 else 3)
    assert np.array_equal(back, image[:, :, : back.shape[2]])
    assert (alpha is None) == (channels in (1, 3))
    if alpha is not None:
        assert np.array_equal(np.rint(alpha * np.iinfo(dtype).max), image[:, :, -1])


def test_float_keeps_its_values_between_0_and_1() -> None:
    image = np.random.default_rng(0).random((20, 30, 3), np.float32)
    rgb, _ = to_working(image, "sRGB")
    assert np.array_equal(from_working(rgb, np.dtype(np.float32), False, "sRGB"), image)


def test_values_that_are_no_colors_become_some_and_the_others_are_unbounded() -> None:
    image = np.array([[[np.nan, np.inf, -np.inf], [-0.5, 2.0, 0.25]]], np.float32)
    assert np.array_equal(to_working(image, None)[0], [[[0, 65504, -65504], [-0.5, 2, 0.25]]])


def test_gray_is_the_luminance_of_the_color() -> None:
    """Pure red, green and blue in sRGB have 21, 72 and 7 % of white's light: 127, 220 and 76 of 255 once encoded."""
    primaries = np.eye(3, dtype=np.float32).reshape(1, 3, 3)
    assert from_working(primaries, np.dtype(np.uint8), True, None).ravel().tolist() == [127, 220, 76]


@pytest.mark.parametrize("image", [np.zeros((2, 2, 3), np.float16), np.zeros((2, 2, 5), np.uint8)])
def test_other_depths_and_channels_are_refused(image: np.ndarray) -> None:
    with pytest.raises(BridgeError, match="Convert the image to") as caught:
        to_working(image, None)
    assert caught.value.code is ErrorCode.UNSUPPORTED
