"""The measures of bench/fidelity on pictures whose seams, shifts and steps are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import lab2rgb

from bench.fidelity.measures import (
    VISIBLE,
    banding,
    border_color,
    changed_values,
    deep_inside,
    delta_e,
    intended_color,
    ring,
    seam,
    seam_step,
)

SLOPE = 0.004  # per pixel


def ramp(side: int = 80) -> NDArray[np.float64]:
    return np.repeat((0.2 + SLOPE * np.arange(side))[None, :, None], side, axis=0) * np.ones((1, 1, 3))


def half(side: int = 80) -> NDArray[np.uint8]:
    mask = np.zeros((side, side), np.uint8)
    mask[:, side // 2 :] = 255
    return mask


def disc(side: int = 80, radius: float = 30) -> NDArray[np.uint8]:
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.where(np.hypot(x, y) <= radius, 255, 0).astype(np.uint8)


def test_no_seam_is_zero() -> None:
    assert seam(ramp(), ramp(), half()) == 0
    assert seam_step(ramp(), ramp(), half()) == 0


@pytest.mark.parametrize("step", [0.01, 0.05, -0.05])
def test_a_step_at_the_border_gives_the_ratio_of_the_energies(step: float) -> None:
    result = ramp()
    result[:, 40:] += step
    expected = math.log(((2 * SLOPE + step) ** 2 + VISIBLE**2) / ((2 * SLOPE) ** 2 + VISIBLE**2))
    assert seam(result, ramp(), half()) == pytest.approx(expected, abs=1e-6)


def test_a_washed_out_border_is_below_zero() -> None:
    texture = np.random.default_rng(0).random((80, 80, 3))
    assert seam(0.5 + (texture - 0.5) * 0.5, texture, disc()) == pytest.approx(math.log(0.25), abs=0.01)


def test_a_step_elsewhere_is_no_seam() -> None:
    result = ramp()
    result[:, 60:] += 0.1
    assert seam(result, ramp(), half()) == 0


def test_everything_selected_has_no_border() -> None:
    assert math.isnan(seam(ramp(), ramp(), np.full((80, 80), 255, np.uint8)))
    assert math.isnan(border_color(ramp(), ramp(), np.full((80, 80), 255, np.uint8)))


def test_the_eye_follows_a_step_and_not_texture() -> None:
    flat = np.full((80, 80, 3), 0.5)
    stepped = flat.copy()
    stepped[disc() > 0] = lab2rgb([[[56.4, 0, 0]]])[0, 0]  # gray 0.5 has a lightness of 53.4
    grainy = flat + np.random.default_rng(1).normal(0, 0.01, flat.shape)
    assert seam_step(stepped, flat, disc()) == pytest.approx(3.0, abs=0.1)
    assert seam_step(grainy, flat, disc()) < 1.0


def test_delta_e_of_a_published_pair() -> None:
    """Sharma, Wu, Dalal 2005, table 1: two colours whose difference is 4.3065."""
    one, other = lab2rgb(np.array([[[50.0, 2.5, 0.0], [50.0, 0.0, -2.5]]]))[0]
    assert float(delta_e(one, other)) == pytest.approx(4.3065, abs=1e-3)


def test_the_ring_is_four_pixels_inside_and_no_edge_of_the_document() -> None:
    columns = np.flatnonzero(ring(half())[10])
    assert columns.tolist() == [40, 41, 42, 43]
    assert np.flatnonzero(deep_inside(half())[10])[0] == 40 + 15


def test_border_color_is_that_of_the_ring_alone() -> None:
    truth = np.full((80, 80, 3), 0.5)
    result = truth.copy()
    result[:, 44:] = 0.9
    assert border_color(result, truth, half()) == 0
    result[:, 40:44] = 0.6
    assert border_color(result, truth, half()) == pytest.approx(float(delta_e(result[0, 41], truth[0, 41])))


def test_intended_color_sees_what_was_taken_from_it() -> None:
    color = np.array([0.8, 0.1, 0.2])
    result = np.broadcast_to(color, (80, 80, 3)).copy()
    result[:, :50] = 0.5  # nearer than 16 pixels to the border: not asked for
    assert intended_color(result, color, half()) == pytest.approx(0, abs=1e-9)
    result[:, 60:] = color * 0.8
    assert intended_color(result, color, half()) > 5


def test_changed_values_are_counted_outside_the_mask_only() -> None:
    document = np.zeros((4, 4, 3), np.uint16)
    result = document.copy()
    shown = np.zeros((4, 4))
    shown[1, 1] = 0.01
    result[1, 1] = 9
    assert changed_values(result, document, shown) == 0
    result[2, 2, 1:] = 1
    assert changed_values(result, document, shown) == 2


def test_banding_is_the_error_that_a_box_mean_leaves() -> None:
    smooth = np.repeat(np.linspace(20000, 22000, 256).astype(np.uint16)[None, :, None], 256, axis=0) * np.ones(
        (1, 1, 3), np.uint16
    )
    assert banding(smooth + np.uint16(131), smooth, 65535) == pytest.approx(131 / 65535)
    steps = (np.rint(smooth / 257) * 257).astype(np.uint16)
    assert banding(steps, smooth, 65535) > 0.001
    grain = np.random.default_rng(2).integers(-400, 401, smooth.shape)
    assert banding((smooth + grain).astype(np.uint16), smooth, 65535) < 0.002
