"""Where integers are produced: smooth tones get no bands, exact codes stay, and a pixel's threshold is its place's."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.color import from_working, to_working
from bridge_server.edit.color.dither import quantise, thresholds

U8, U16 = np.dtype(np.uint8), np.dtype(np.uint16)


def slope(low: float, high: float, side: int = 512) -> np.ndarray:
    """(side, side, 3) float32, neutral, rising evenly to the right and a little downwards."""
    x, y = np.linspace(0, 1, side), np.linspace(0, 0.1, side)
    ramp = low + (high - low) * (x[None, :] + y[:, None]) / 1.1
    return np.repeat(ramp[:, :, None], 3, axis=2).astype(np.float32)


def box_means(values: np.ndarray) -> np.ndarray:
    """Of 16 x 16 pixels, wherever they lie: from the summed area table."""
    sums = np.pad(values.astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    return (sums[16:, 16:] - sums[:-16, 16:] - sums[16:, :-16] + sums[:-16, :-16]) / 256


@pytest.mark.parametrize(("dtype", "full"), [(U8, 255), (U16, 65535)])
@pytest.mark.parametrize("position", [(0, 0), (-1234, 16000)])
def test_the_mean_of_16_by_16_pixels_is_far_nearer_than_one_code(
    dtype: np.dtype, full: int, position: tuple[int, int]
) -> None:
    picture = slope(0.4, 0.4 + 4 / full)
    true = box_means(picture[:, :, 0].astype(np.float64) * full)
    dithered = box_means(quantise(picture, full, dtype, position)[:, :, 0])
    rounded = box_means(quantise(picture, full, dtype, None)[:, :, 0])
    assert np.abs(dithered - true).max() < (0.1 if dtype == U8 else 0.15)  # of a 16-bit code float is not sure
    assert np.abs(rounded - true).max() > 0.4


def test_an_8_bit_gradient_has_no_bands() -> None:
    """Rounded, a gentle slope is steps 100 pixels wide; dithered, no row has a run of one code half as wide as that."""
    picture = slope(0.4, 0.4 + 5 / 255)

    def longest(rows: np.ndarray) -> int:
        changes = [np.flatnonzero(np.diff(row.astype(int), prepend=-1, append=-1)) for row in rows]
        return max(int(np.diff(change).max()) for change in changes)

    assert longest(quantise(picture, 255, U8, None)[:, :, 0]) > 90
    assert longest(quantise(picture, 255, U8, (7, 3))[:, :, 0]) < 45
    bands = np.abs(box_means(quantise(picture, 255, U8, (7, 3))[:, :, 0]) - box_means(picture[:, :, 0] * 255))
    assert bands.mean() < 0.02


def test_neutral_stays_neutral_and_the_ends_stay_the_ends() -> None:
    picture = slope(0, 1)
    for dtype, full in ((U8, 255), (U16, 65535)):
        values = quantise(picture, full, dtype, (0, 0))
        assert (values == values[:, :, :1]).all()
        flat = np.ones((64, 64, 3), np.float32)
        assert (quantise(flat, full, dtype, (0, 0)) == full).all()
        assert (quantise(flat * 0, full, dtype, (0, 0)) == 0).all()
        assert (quantise(flat * 7, full, dtype, (0, 0)) == full).all()
        assert (quantise(flat * -7, full, dtype, (0, 0)) == 0).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_a_code_already_stays_that_code(dtype: type) -> None:
    full = np.iinfo(dtype).max
    image = np.arange(full + 1).astype(dtype).reshape(-1, 256, 1).repeat(3, axis=2)
    rgb, _ = to_working(image, None)
    assert np.array_equal(from_working(rgb, np.dtype(dtype), False, None, (11, -5)), image)


def test_the_pattern_belongs_to_the_document() -> None:
    """So the same place has the same threshold in every layer, and strips or tiles show no edge."""
    whole = thresholds(300, 200, (-50, 70))
    part = thresholds(40, 30, (-50 + 123, 70 + 45))
    assert np.array_equal(whole[45:75, 123:163], part)
    assert whole.min() >= 0 and whole.max() < 1
    assert abs(whole.mean() - 0.5) < 0.01


def test_float_is_not_dithered() -> None:
    picture = slope(0.2, 0.3)
    assert np.array_equal(from_working(picture, np.dtype(np.float32), False, None, (1, 2)), picture)
