"""What sRGB cannot hold of a picture survives where the picture is kept, and goes where it is painted anew."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bridge_server.edit.compose import Layer, compose
from bridge_server.edit.prepare import Working, prepare
from bridge_server.edit.source import Source
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, make_plan

from .profiles import difference, icc_of

SIDE = 256
BOX = Bounds(0, 0, SIDE, SIDE)


def planned(kind: str = "img2img", strength: float = 0.5, side: int = SIDE) -> Plan:
    return make_plan(PlanInput(kind, BOX, NativeSize.around(side, 8), strength))


def lamp() -> np.ndarray:
    """A float picture of a dim room with a light eight times as bright as white in its middle; (H, W, 3)."""
    x, y = np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 2)
    glow = 8 * np.exp(-12 * (x**2 + y**2)) + 0.2 + 0.1 * np.sin(9 * x)
    return (glow[..., None] * np.array([1.0, 0.9, 0.7])).astype(np.float32)


def vivid() -> np.ndarray:
    """16-bit Display P3 colours that sRGB has not, changing smoothly."""
    x, y = np.meshgrid(*[np.linspace(0, 1, SIDE)] * 2)
    return (np.stack([0.6 + 0.4 * x, 0.15 * y, 0.1 + 0.1 * x], axis=-1) * 65535).astype(np.uint16)


def round_trip(image: np.ndarray) -> np.ndarray:
    """What an autoencoder does to a picture: a little blur, a little noise, a little shift of colour."""
    noise = np.random.default_rng(0).normal(0, 0.02, image.shape).astype(np.float32)
    return cv2.GaussianBlur(image, (0, 0), 0.8) * np.float32(0.98) + np.float32(0.005) + noise


def made(image: np.ndarray, profile: str | None, plan: Plan, model=round_trip) -> tuple[Layer, Working]:
    source = Source(image, None, BOX, profile)
    working = prepare(source, plan)
    return compose(model(working.image), source, plan, working), working


@pytest.mark.parametrize("side", [SIDE, 128])
def test_a_light_brighter_than_white_stays_as_bright(side: int) -> None:
    image = lamp()
    layer, working = made(image, "Linear sRGB", planned(side=side))
    assert working.image.max() == 1
    peak = (SIDE // 2 - 8, SIDE // 2 + 8)
    inside = (slice(*peak), slice(*peak))
    assert layer.image[inside][..., :3].mean() == pytest.approx(image[inside].mean(), rel=0.05)
    off = replace(planned(side=side), disabled_steps=frozenset(["residual"]))
    assert made(image, "Linear sRGB", off)[0].image[..., :3].max() <= 1.0001


def test_colors_outside_srgb_stay_as_vivid() -> None:
    image = vivid()
    with_it = made(image, "Display P3", planned(), lambda seen: seen)[0].image[..., :3].copy()
    off = replace(planned(), disabled_steps=frozenset(["residual"]))
    without = made(image, "Display P3", off, lambda seen: seen)[0].image[..., :3].copy()
    icc = icc_of("Display P3")
    assert difference(image, with_it, icc).max() < 0.05
    assert difference(image, without, icc).mean() > 2
    after = made(image, "Display P3", planned())[0].image[..., :3].copy()
    worse = made(image, "Display P3", off)[0].image[..., :3].copy()
    assert difference(image, after, icc).mean() < 0.7 * difference(image, worse, icc).mean()


def test_what_is_painted_anew_gets_nothing_of_the_old_light() -> None:
    image = lamp()
    layer, _ = made(image, "Linear sRGB", planned(), lambda seen: np.full_like(seen, 0.3))
    assert layer.image[..., :3].max() < 0.08  # sRGB 0.3 is 0.073 of white's light


def test_where_one_half_is_kept_the_weight_changes_smoothly() -> None:
    image = np.full((SIDE, SIDE, 3), 3.0, np.float32)

    def half(seen: np.ndarray) -> np.ndarray:
        painted = seen.copy()
        painted[:, SIDE // 2 :] = 0.4
        return painted

    layer, _ = made(image, "Linear sRGB", planned(), half)
    row = layer.image[SIDE // 2, :, 0]
    assert np.allclose(row[: SIDE // 2 - 40], 3, rtol=1e-3)
    assert np.allclose(row[SIDE // 2 + 40 :], 0.133, atol=2e-3)


def test_at_full_strength_nothing_is_kept() -> None:
    layer, _ = made(lamp(), "Linear sRGB", planned(strength=1.0))
    assert layer.image[..., :3].max() < 1.2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_srgb_of_8_and_16_bit_has_no_residual(dtype: type) -> None:
    image = (vivid() // (257 if dtype is np.uint8 else 1)).astype(dtype)
    off = replace(planned(), disabled_steps=frozenset(["residual"]))
    assert np.array_equal(made(image, None, planned())[0].image, made(image, None, off)[0].image)


def test_hidden_colors_of_transparent_pixels_add_nothing() -> None:
    image = np.concatenate([lamp() + 5, np.zeros((SIDE, SIDE, 1), np.float32)], axis=2)
    layer, _ = made(image, "Linear sRGB", planned(), lambda seen: seen)
    assert layer.image[..., :3].max() <= 1
    assert (layer.image[..., 3] == 0).all()


def test_negative_light_survives() -> None:
    """As wide-gamut float documents have it."""
    image = np.full((SIDE, SIDE, 3), (-0.2, 0.5, 1.5), np.float32)
    layer, _ = made(image, "Linear sRGB", planned(), lambda seen: seen)
    assert np.allclose(layer.image[..., :3], image, atol=1e-4)
