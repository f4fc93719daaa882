"""Every precision, linear, non-linear and perceptual, RGB and gray, plain and with a profile, in the real GIMP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
import pytest

from tests.gimp.depths import (
    BOX,
    LINEAR_SRGB,
    OTHERS,
    PROFILES,
    Case,
    Depths,
    as_type,
    changed_cases,
    every_case,
    make_depths,
    meaning,
    to_unit,
)
from tests.gimp.evidence import Frame, cut, read_frame
from tests.gimp.harness import Gimp, make_profile, read_report
from tests.gimp.xcf import Xcf, read_xcf
from tests.support.daemon import short_home

COLOR_ERROR = 1e-4  # in linear sRGB: profiles hold their numbers in 16 bits
TABLE_ERROR = 5e-3  # a table of 33 entries a side, and its inverse
LUMINANCE = np.array([0.2225, 0.7169, 0.0606])  # of linear sRGB, as ICC profiles have it: adapted to D50
pytestmark = [pytest.mark.gimp, pytest.mark.slow]


@dataclass(frozen=True)
class Seen:
    depths: Depths
    report: dict[str, Any]

    def frame(self, case: Case, what: str = "request") -> Frame:
        return read_frame(self.depths.work / f"{case.name}-{what}.frame")

    def xcf(self, case: Case) -> Xcf:
        return read_xcf(self.depths.work / f"{case.name}.xcf")


@pytest.fixture(scope="module")
def seen(gimp: Gimp) -> Iterator[Seen]:
    """All images in one run of GIMP; no daemon is needed."""
    work, home = short_home(), short_home()
    profile = make_profile(gimp, home)
    try:
        depths = make_depths(work)
        ended = profile.batch("depths", str(work), str(profile.folder))
        yield Seen(depths, read_report(work / "report.json", ended))
    finally:
        for folder in (work, home, profile.folder):
            shutil.rmtree(folder, ignore_errors=True)


def cases(which: list[Case]) -> Any:
    return pytest.mark.parametrize("case", which, ids=lambda case: case.name)


@cases(every_case())
def test_the_numbers_that_are_sent_are_the_layers(seen: Seen, case: Case) -> None:
    frame, stored = seen.frame(case), cut(seen.depths.stored[case.name], 0, 0, BOX)
    sent = frame.arrays["image"]
    assert np.array_equal(cut(seen.xcf(case).layer("base").pixels, 0, 0, BOX), stored), "the layer itself was changed"
    assert sent.dtype == case.sent and sent.shape == stored.shape
    assert np.allclose(sent, as_type(stored, case.sent), rtol=case.tolerance, atol=0.0)
    assert np.array_equal(frame.arrays["mask"], cut(seen.depths.selection, 0, 0, BOX))


@cases([case for case in every_case() if case.profile != "table"])
def test_what_is_visible_is_sent_in_the_same_numbers(seen: Seen, case: Case) -> None:
    """A single layer shows itself, so that composing it must not change it; an alpha is always sent.

    Where the profile has tables, GIMP's new-from-visible takes the picture through them and back, which is not exact.
    """
    sent, shown = seen.frame(case).arrays["image"], seen.frame(case, "visible").arrays["image"]
    assert shown.dtype == case.sent and shown.shape[2] == (2 if case.gray else 4)
    close = 5e-6 if case.kind in ("FLOAT", "DOUBLE") else 0.0  # GIMP itself composes in linear float
    seen_through = sent[..., -1] == 0 if case.alpha else np.zeros(sent.shape[:2], bool)
    assert np.allclose(shown[..., : case.channels][~seen_through], sent[~seen_through], rtol=close, atol=close)
    assert case.alpha or (to_unit(shown[..., -1]) == 1.0).all()


@cases(every_case())
def test_the_profile_says_what_the_numbers_mean(seen: Seen, case: Case) -> None:
    """Little CMS makes of the sent numbers what GIMP shows; plain images but linear ones need no profile."""
    frame = seen.frame(case)
    icc = frame.arrays["icc"].tobytes() if "icc" in frame.arrays else None
    assert (icc is None) == (case.profile is None and case.curve != "LINEAR")
    if case.profile and case.curve == "NON_LINEAR":
        assert icc == PROFILES[case.profile]
    in_gimp = seen.depths.raw(case.name, "sent-meaning", np.float64, 4)[..., :3]
    colors, alpha = frame.arrays["image"], case.alpha
    assert_same_colors(meaning(colors, icc, alpha), in_gimp, COLOR_ERROR)


@cases(every_case())
def test_the_new_layer_has_the_results_numbers_at_the_images_precision(seen: Seen, case: Case) -> None:
    xcf, result = seen.xcf(case), seen.depths.results[case.name]
    (layer,) = xcf.made()
    assert xcf.precision == case.precision
    assert (layer.x, layer.y) == (BOX["x"], BOX["y"])
    assert layer.pixels.dtype == case.native
    assert np.allclose(layer.pixels, as_type(result, case.native), rtol=case.tolerance, atol=0.0)
    assert_same_colors(*meanings_of_result(seen, case), COLOR_ERROR)
    assert seen.report[case.name]["leaked"] == 0


@cases([*every_case(), *changed_cases()])
def test_the_mask_is_exact(seen: Seen, case: Case) -> None:
    (layer,) = seen.xcf(case).made()
    assert layer.mask is not None
    assert np.array_equal(np.rint(to_unit(layer.mask) * 255), seen.depths.mask)


@cases(every_case())
def test_the_picture_outside_the_mask_is_what_it_was(seen: Seen, case: Case) -> None:
    """Not one value differs from the picture with a layer there whose mask hides all of it.

    GIMP composes in linear float. That leaves 8 bits as they are, and 16 bits and half where the curve is linear or
    sRGB's. Elsewhere its curves are not inverted exactly: any second layer, hidden or not, moves the last digits of
    what lies below, and with a power curve those of the darkest values.
    """
    channels = 2 if case.gray else 4
    before, empty, after = (
        seen.depths.raw(case.name, what, case.native, channels) for what in ("before", "empty", "after")
    )
    canvas = {"x": 0, "y": 0, "width": before.shape[1], "height": before.shape[0]}
    outside = cut(seen.depths.mask, BOX["x"], BOX["y"], canvas) == 0
    box = np.s_[BOX["y"] : BOX["y"] + BOX["height"], BOX["x"] : BOX["x"] + BOX["width"]]
    assert np.array_equal(after[box][outside[box]], empty[box][outside[box]])
    if case.kind == "U8" or (case.kind in ("U16", "HALF") and not (case.profile and case.curve == "NON_LINEAR")):
        assert np.array_equal(after[outside], before[outside])
    assert not np.array_equal(after, before)


@cases(changed_cases())
def test_a_result_for_another_kind_of_image_keeps_its_colors(seen: Seen, case: Case) -> None:
    into = next(other for other in OTHERS if other.name == case.into)
    xcf = seen.xcf(case)
    (layer,) = xcf.made()
    assert xcf.precision == into.precision and layer.pixels.dtype == into.native
    meant, shown = meanings_of_result(seen, case)
    if into.gray:
        meant = np.repeat(meant @ LUMINANCE[:, None], 3, axis=-1)
    if into.native.kind == "u":  # integers hold nothing outside the gamut of their profile
        inside = within_gamut(meant, PROFILES.get(into.profile or ""))
        assert inside.mean() > 0.2
        meant, shown = meant[inside], shown[inside]
    if into.profile == "table":  # its two directions are not each other's inverse
        meant = meaning(through(meant[None], LINEAR_SRGB, PROFILES["table"]), PROFILES["table"], False)[0]
    assert_same_colors(meant, shown, (TABLE_ERROR if into.profile == "table" else COLOR_ERROR) + half_a_step(into))


def meanings_of_result(seen: Seen, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """What the result's numbers stand for by their profile, and what GIMP shows of the new layer: linear sRGB."""
    frame, result = seen.frame(case), seen.depths.results[case.name]
    icc = frame.arrays["icc"].tobytes() if "icc" in frame.arrays else None
    if not case.into:  # as the layer can hold them
        result = as_type(result, case.native)
    return meaning(result, icc, True), seen.depths.raw(case.name, "made-meaning", np.float64, 4)[..., :3]


def assert_same_colors(one: np.ndarray, other: np.ndarray, error: float) -> None:
    assert (np.abs(one - other) <= error * (1.0 + np.abs(other))).all(), np.abs(one - other).max()


def half_a_step(case: Case) -> float:
    """Of the numbers of this kind, where the curve is steepest, in linear light."""
    return 2.5 * {"U8": 0.5 / 255, "U16": 0.5 / 65535, "HALF": 2.0**-11}.get(case.kind, 0.0)


def within_gamut(linear: np.ndarray, icc: bytes | None) -> np.ndarray:
    numbers = linear if icc is None else through(linear, LINEAR_SRGB, icc)
    return np.all((numbers > 0.001) & (numbers < 0.999), axis=-1)


def through(colors: np.ndarray, one: bytes, other: bytes) -> np.ndarray:
    """Numbers of one RGB profile in another, by Little CMS, relative colorimetric."""
    return imagecodecs.cms_transform(
        np.ascontiguousarray(colors), one, other, colorspace="rgb", outcolorspace="rgb", intent=1
    )
