"""Colours in any profile: to the model as the colour engine says, back as they were, neutral and ends exact."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.edit.color import from_working, to_working
from bridge_server.edit.color.models import EngineModel, MatrixModel, SrgbModel, model_for
from bridge_server.edit.color.profiles import icc_of
from bridge_server.edit.compose import compose
from bridge_server.edit.prepare import prepare
from bridge_server.edit.source import Source
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import PlanInput, make_plan
from bridge_server.plan.profile_names import GRAY as GRAY_NAMES
from bridge_server.plan.profile_names import RGB as RGB_NAMES
from bridge_server.plan.profile_names import known_name

from .profiles import FULL, GRAY, RGB, colors, difference, engine, table_profile

DEPTHS = (np.uint8, np.uint16, np.float32)


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("name", RGB)
def test_what_the_model_sees_is_what_the_color_engine_says(name: str, dtype: type) -> None:
    image = colors(dtype)
    seen, _ = to_working(image, name)
    inside = ((seen > 0) & (seen < 1)).all(axis=2)
    expected = engine(image, icc_of(name), icc_of("sRGB"))
    assert inside.mean() > 0.05
    assert np.abs(seen - expected)[inside].max() < 2e-3


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("name", RGB)
def test_colors_come_back_inside_and_outside_srgb(name: str, dtype: type) -> None:
    image = colors(dtype, 128)
    back = from_working(to_working(image, name)[0], np.dtype(dtype), False, name)
    assert back.dtype == image.dtype
    assert difference(image, back, icc_of(name)).max() < 0.02
    if dtype is np.uint8:
        assert np.array_equal(back, image)
    if dtype is np.uint16:  # a dark channel beside a bright one has no more digits in float
        apart = np.abs(back.astype(int) - image)
        assert (apart > 1).mean() < 0.04 and (apart[image > 4000] <= 1).all()


@pytest.mark.parametrize("dither", [None, (3, -8)])
@pytest.mark.parametrize("name", RGB)
def test_neutral_stays_neutral_and_every_gray_of_16_bit_comes_back(name: str, dither: tuple[int, int] | None) -> None:
    gray = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
    seen, _ = to_working(gray, name)
    assert (seen == seen[:, :, :1]).all()
    assert seen[0, 0, 0] == 0 and seen[-1, -1, 0] == 1
    assert np.array_equal(from_working(seen, np.dtype(np.uint16), False, name, dither), gray)


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("name", RGB + GRAY)
def test_what_a_model_paints_neutral_is_neutral_and_both_ends_are_exact(name: str, dtype: type) -> None:
    painted = np.linspace(0, 1, 10007, dtype=np.float32).reshape(1, -1, 1).repeat(3, axis=2)
    values = from_working(painted, np.dtype(dtype), name in GRAY, name, (0, 0))
    assert (values == values[:, :, :1]).all()
    assert values[0, 0, 0] == 0 and values[0, -1, 0] == FULL[np.dtype(dtype)]
    if dtype is np.float32:
        assert (np.diff(values[0, :, 0]) >= 0).all()


@pytest.mark.parametrize("name", RGB + GRAY)
def test_float_beyond_0_and_1_goes_there_and_back(name: str) -> None:
    """Relative to the pixel's brightest channel, as light is mixed; mirrored below 0."""
    values = np.random.default_rng(1).uniform(-1, 8, (64, 64, 1 if name in GRAY else 3)).astype(np.float32)
    seen, _ = to_working(values, name)
    assert seen.max() > 1.5 and seen.min() < -0.2
    assert np.allclose(to_working(-values, name)[0], -seen, rtol=1e-5, atol=1e-5)
    back = from_working(seen, np.dtype(np.float32), name in GRAY, name)
    assert np.allclose(back, values, rtol=1e-4, atol=1e-2)  # near 0 a power is steep


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_icc_profile_of_srgb_is_srgb_to_the_bit(dtype: type) -> None:
    image = colors(dtype, 200)
    for profile in (icc_of("sRGB"), imagecodecs.cms_profile("srgb")):
        assert isinstance(model_for(profile, False), SrgbModel)
        assert np.array_equal(to_working(image, profile)[0], to_working(image, None)[0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", GRAY)
def test_every_gray_comes_back(name: str, dtype: type) -> None:
    values = np.arange(FULL[np.dtype(dtype)] + 1, dtype=dtype).reshape(-1, 256, 1)
    seen, _ = to_working(values, icc_of(name))
    assert seen.shape[2] == 3 and (seen == seen[:, :, :1]).all()
    assert (np.diff(seen[:, :, 0].ravel()) > 0).all()
    back = from_working(seen, np.dtype(dtype), True, icc_of(name), (0, 0))
    assert np.abs(back.astype(int) - values).max() <= (dtype is np.uint16 and name == "Gray Lightness")


@st.composite
def matrix_profiles(draw: st.DrawFn) -> bytes:
    """Primaries around the usual ones, any daylight, powers or a curve of few entries."""
    near = st.floats(-0.03, 0.03)
    usual = (0.66, 0.32, 0.25, 0.66, 0.15, 0.06)
    primaries = [value + draw(near) for value in usual]
    white = draw(st.floats(0.3, 0.36))
    curve = draw(st.one_of(st.floats(1.0, 2.6), st.integers(5, 1024)))
    if isinstance(curve, float):
        return imagecodecs.cms_profile("rgb", whitepoint=(white, white + 0.013), primaries=primaries, gamma=curve)
    ramp = np.linspace(0, 1, curve)
    table = (0.2 * ramp + 0.8 * ramp ** draw(st.floats(1.5, 3))).astype(np.float32)
    return imagecodecs.cms_profile(
        "rgb", whitepoint=(white, white + 0.013), primaries=primaries, transferfunction=table
    )


@given(matrix_profiles(), st.sampled_from(DEPTHS))
@settings(max_examples=60)
def test_any_profile_of_curves_and_a_matrix(profile: bytes, dtype: type) -> None:
    assert isinstance(model_for(profile, False), MatrixModel)
    image = colors(dtype, 48)
    seen, _ = to_working(image, profile)
    inside = ((seen > 0) & (seen < 1)).all(axis=2)
    assert np.abs(seen - engine(image, profile, icc_of("sRGB")))[inside].max(initial=0) < 4e-3
    back = from_working(seen, np.dtype(dtype), False, profile)
    assert difference(image, back, profile).max() < 0.05
    if dtype is np.uint8:
        apart = np.abs(back.astype(int) - image)
        assert apart.max() <= 1 and (apart > 0).mean() < 0.02


def test_a_profile_of_tables_is_left_to_the_engine() -> None:
    profile = table_profile()
    assert isinstance(model_for(profile, False), EngineModel)
    image = colors(np.uint16)
    image[0, :2] = [[0, 0, 0], [65535, 65535, 65535]]
    seen, _ = to_working(image, profile)
    assert np.abs(seen - engine(image, profile, icc_of("sRGB"))).max() < 0.02
    assert np.allclose(seen[0, :2], [[0], [1]], atol=2e-3)
    for dtype in (np.uint8, np.float32):
        same = (image // 257).astype(np.uint8) if dtype is np.uint8 else (image / 65535).astype(np.float32)
        assert np.abs(to_working(same, profile)[0] - seen).max() < (0.03 if dtype is np.uint8 else 1e-3)
    back = from_working(seen, np.dtype(np.uint16), False, profile)
    apart = difference(image, back, profile)
    assert np.median(apart) < 0.5 and apart.max() < 4  # the tables of its two directions agree no better


@pytest.mark.parametrize("kind", [b"scnr", b"mntr"])
def test_a_profile_that_leads_one_way_gets_a_way_back(kind: bytes) -> None:
    """As of scanners and of a telephone's wide gamut; the engine refuses to go back into them."""
    profile = table_profile(one_way=True, kind=kind)
    image = colors(np.uint16)
    seen, _ = to_working(image, profile)
    assert np.abs(seen - to_working(image, table_profile())[0]).max() < 1e-3
    apart = difference(image, from_working(seen, np.dtype(np.uint16), False, profile), profile)
    assert np.median(apart) < 0.5 and np.quantile(apart, 0.99) < 1.5 and apart.max() < 4
    steps = np.linspace(0, 255, 16).astype(np.uint8)
    grays = np.repeat(np.tile(steps, (16, 1))[:, :, np.newaxis], 3, axis=2)
    same = from_working(to_working(grays, profile)[0], np.dtype(np.uint8), False, profile)
    assert np.abs(same.astype(int) - grays).max() <= 2
    assert (same[:, [0, -1]] == grays[:, [0, -1]]).all()


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("name", ["Adobe RGB (1998)", "Display P3", "ProPhoto RGB", "Linear Rec2020"])
def test_a_model_that_changes_nothing_changes_no_color(name: str, dtype: type) -> None:
    """The whole core, with its residual and its dither, for colours far outside sRGB too."""
    image = colors(dtype, 64)
    plan = make_plan(PlanInput("img2img", Bounds(0, 0, 64, 64), NativeSize.around(64, 8), 0.6))
    source = Source(image, None, Bounds(0, 0, 64, 64), name)
    working = prepare(source, plan)
    assert working.image.min() >= 0 and working.image.max() <= 1
    layer = compose(working.image, source, plan, working)
    apart = difference(image, layer.image[:, :, :3].copy(), icc_of(name))
    assert apart.max() < 0.05 if dtype is not np.uint8 else apart.max() < 0.5
    neutral = (image == image[:, :, :1]).all(axis=2)
    assert neutral.any()
    assert (layer.image[neutral][:, :1] == layer.image[neutral][:, :3]).all()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Adobe RGB (1998)", "Adobe RGB (1998)"),
        ("Display P3", "Display P3"),
        ("ProPhoto RGB", "ProPhoto RGB"),
        ("sRGB IEC61966-2.1", "sRGB"),
        ("GIMP built-in sRGB", "sRGB"),
        ("GIMP built-in Linear sRGB", "Linear sRGB"),
        ("GIMP built-in D65 Grayscale with sRGB TRC", "Gray sRGB"),
        ("GIMP built-in D65 Linear Grayscale", "Gray Linear"),
        ("Gray Gamma 2.2", "Gray Gamma 2.2"),
        ("sGray", "Gray sRGB"),
        ("sRGB IEC61966-2.1 (Linear RGB Profile)", "Linear sRGB"),
        ("ProPhoto RGB (Linear RGB Profile)", "Linear ProPhoto RGB"),
        ("Gray Gamma 2.2 (Linear Grayscale Profile)", "Gray Linear"),
        ("Dot Gain 20%", None),
        ("U.S. Web Coated (SWOP) v2", None),
    ],
)
def test_names_as_photoshop_and_gimp_write_them(written: str, meant: str | None) -> None:
    assert known_name(written) == meant


def test_every_known_name_has_its_space() -> None:
    assert (RGB_NAMES, GRAY_NAMES) == (RGB, GRAY)


@pytest.mark.parametrize("dtype", DEPTHS)
def test_soft_alpha_in_a_wide_space_shows_no_rim_and_stays_as_it_is(dtype: type) -> None:
    """A white disc with a soft edge on transparent black, scaled down for the model and back."""
    y, x = np.mgrid[0:200, 0:200]
    alpha = np.clip((80 - np.hypot(x - 100, y - 100)) / 20, 0, 1)
    image = np.stack([alpha > 0] * 3 + [alpha], axis=-1) * float(FULL[np.dtype(dtype)])
    image = image.astype(dtype)
    plan = make_plan(PlanInput("img2img", Bounds(0, 0, 200, 200), NativeSize.around(64, 8), 0.5))
    source = Source(image, None, Bounds(0, 0, 200, 200), "ProPhoto RGB")
    working = prepare(source, plan)
    assert working.image.min() > 0.98
    layer = compose(working.image, source, plan, working)
    assert np.array_equal(layer.image[:, :, 3], image[:, :, 3])
    shown = layer.image[image[:, :, 3] > 0][:, :3].astype(np.float64) / FULL[np.dtype(dtype)]
    assert shown.min() > 0.98


@pytest.mark.parametrize("name", ["sRGB", "Adobe RGB (1998)", "Linear sRGB"])
def test_a_smooth_16_bit_gradient_gets_no_bands(name: str) -> None:
    """Painted at half the size: the mean of 16 x 16 pixels is at most 0.1 % of the range off."""
    side = 256
    ramp = np.linspace(0.3, 0.34, side)[None, :] + np.linspace(0, 0.01, side)[:, None]
    image = (ramp[:, :, None].repeat(3, axis=2) * 65535).astype(np.uint16)
    plan = make_plan(PlanInput("img2img", Bounds(0, 0, side, side), NativeSize.around(side // 2, 8), 0.5))
    source = Source(image, None, Bounds(0, 0, side, side), name)
    working = prepare(source, plan)
    layer = compose(working.image, source, plan, working)
    apart = layer.image[:, :, 0].astype(np.float64) - image[:, :, 0]
    means = apart.reshape(16, 16, 16, 16).mean(axis=(1, 3))
    assert np.abs(means).max() < 65.5
    assert np.unique(layer.image[:, :, 0]).size > 1000
