"""Enhancing photographs: noise and JPEG blocks go, what is clean keeps its texture, and nothing of tiles is seen."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.fidelity.photographs import photographs
from bridge_server.edit.color.profiles import icc_of
from bridge_server.edit.enhance import Found, Strengths, enhance, measure, prepare
from bridge_server.edit.enhance import picture as module
from bridge_server.errors import BridgeError
from bridge_server.operations.enhance import EnhanceParams
from bridge_server.plan.bounds import Bounds

PARAMS = EnhanceParams()
DEFAULT = Strengths(PARAMS.denoise, PARAMS.sharpen, PARAMS.deblock)
DENOISE, SHARPEN, DEBLOCK = Strengths(0.5, 0, 0), Strengths(0, 0.8, 0), Strengths(0, 0, 0.5)
CLEAN = photographs()
NAMES = ("astronaut", "coffee", "chelsea", "rocket", "motorcycle_left", "hubble_deep_field", "camera", "brick", "grass",
         "gravel")  # fmt: skip


def nothing() -> None:
    pass


def enhanced(
    picture: NDArray[Any], strengths: Strengths, profile: bytes | str | None = None, threads: int | None = None
) -> NDArray[Any]:
    whole = Bounds(0, 0, picture.shape[1], picture.shape[0])
    made = np.zeros_like(picture)
    found = measure(picture, profile, nothing)
    for place, pixels in enhance(picture, profile, whole, strengths, found, nothing, threads):
        made[place.y : place.bottom, place.x : place.right] = pixels
    return made


def photograph(name: str) -> NDArray[np.uint8]:
    return np.rint(CLEAN[name][:400, :400] * 255).astype(np.uint8)


def noisy(picture: NDArray[np.uint8], deviation: float) -> NDArray[np.uint8]:
    noise = np.random.default_rng(7).normal(0, deviation, picture.shape)
    return np.rint(np.clip(picture + noise, 0, 255)).astype(np.uint8)


def as_jpeg(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=quality)
    return np.asarray(Image.open(content))


def psnr(one: NDArray[Any], other: NDArray[Any], full: float = 255) -> float:
    return float(10 * np.log10(full**2 / np.mean((one.astype(np.float64) - other) ** 2)))


def texture(picture: NDArray[Any]) -> float:
    """The energy of the gradient."""
    lightness = picture.astype(np.float64).mean(axis=2)
    return float(sum(np.square(np.diff(lightness, axis=axis)).mean() for axis in (0, 1)))


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_photograph_loses_at_most_a_tenth_of_its_texture(name: str) -> None:
    picture = photograph(name)
    assert measure(picture, None, nothing).block_step == 0, "no blocks are seen where none are"
    smoothed = enhanced(picture, Strengths(DEFAULT.denoise, 0, DEFAULT.deblock))
    assert 0.9 < texture(smoothed) / texture(picture) <= 1
    assert 1 < texture(enhanced(picture, DEFAULT)) / texture(picture) < 1.5


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "motorcycle_left", "camera"])
def test_noise_goes_and_the_picture_comes_nearer_to_the_truth(name: str) -> None:
    """More than with OpenCV's non-local means, at the strength that suits it."""
    truth = photograph(name)
    given = noisy(truth, 12)
    mended = enhanced(given, DENOISE)
    other = np.asarray(cv2.fastNlMeansDenoisingColored(given, None, 10, 10), np.uint8)
    assert psnr(mended, truth) > psnr(given, truth) + 6
    assert psnr(mended, truth) > psnr(other, truth) + 2
    assert psnr(enhanced(given, Strengths(0.2, 0, 0)), truth) < psnr(mended, truth)


@pytest.mark.parametrize("deviation", [4.0, 12.0])
def test_how_strong_the_noise_is_is_found(deviation: float) -> None:
    for name in ("chelsea", "rocket", "coffee"):
        found = measure(noisy(photograph(name), deviation), None, nothing)
        assert found.noise == pytest.approx((deviation / 255,) * 3, rel=0.2)


def test_noise_is_found_in_a_saturated_picture_too() -> None:
    """A flower whose blue is 0 and whose red is full nearly everywhere."""
    truth = photograph("chelsea").astype(np.float32)
    truth[:, :, 2] = 0
    truth[:, ::2, 0] = np.maximum(truth[:, ::2, 0], 250)
    given = noisy(np.rint(truth).astype(np.uint8), 12)
    found = measure(given, None, nothing)
    assert found.noise[0] == pytest.approx(12 / 255, rel=0.3)
    assert psnr(enhanced(given, DENOISE), truth) > psnr(given, truth) + 2


@pytest.mark.parametrize("quality", [10, 30])
def test_jpeg_blocks_go_wherever_they_begin(quality: int) -> None:
    for name in ("astronaut", "coffee", "chelsea"):
        truth = photograph(name)[5:, 3:]
        given = np.ascontiguousarray(as_jpeg(photograph(name), quality)[5:, 3:])
        before = measure(given, None, nothing).block_step
        mended = enhanced(given, DEBLOCK)
        assert before > 2 / 255 and measure(mended, None, nothing).block_step < before / 3
        assert psnr(mended, truth) > psnr(given, truth) + 0.3


def test_sharpening_gives_no_halo_and_leaves_noise() -> None:
    picture = np.ascontiguousarray(cv2.GaussianBlur(photograph("coffee"), (0, 0), 1.2))
    sharp = enhanced(picture, SHARPEN)
    assert texture(sharp) > 1.2 * texture(picture)
    around = np.ones((3, 3), np.uint8)
    assert (sharp >= cv2.erode(picture, around)).all() and (sharp <= cv2.dilate(picture, around)).all()
    wall = noisy(np.full((200, 200, 3), 120, np.uint8), 6)
    assert texture(enhanced(wall, SHARPEN)) < 1.25 * texture(wall)


def test_where_tiles_lie_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    given = as_jpeg(noisy(photograph("astronaut"), 5), 20)
    at_once = enhanced(given, Strengths(0.5, 0.5, 0.5))
    found = measure(given, None, nothing)
    monkeypatch.setattr(module, "TILE", 64)
    whole = Bounds(0, 0, given.shape[1], given.shape[0])
    made = np.zeros_like(given)
    for place, pixels in enhance(given, None, whole, Strengths(0.5, 0.5, 0.5), found, nothing):
        made[place.y : place.bottom, place.x : place.right] = pixels
    assert np.abs(made.astype(int) - at_once).max() <= 1 and (made != at_once).mean() < 1e-3


def test_the_same_bytes_for_any_number_of_threads() -> None:
    given = as_jpeg(noisy(np.tile(photograph("coffee"), (2, 2, 1)), 5), 20)
    before = cv2.getNumThreads()
    made: list[bytes] = []
    try:
        for threads in (1, 2, 5):
            cv2.setNumThreads(threads)
            made.append(enhanced(given, DEFAULT, threads=threads).tobytes())
    finally:
        cv2.setNumThreads(before)
    assert made[0] == made[1] == made[2]


def test_sixteen_bits_keep_their_levels_and_their_profile() -> None:
    """A slope of a thousand levels of ProPhoto RGB, with noise of a few of them: four levels of eight bits."""
    slope = np.broadcast_to(np.linspace(30000, 31000, 200)[np.newaxis, :, np.newaxis], (160, 200, 3))
    noise = np.random.default_rng(3).normal(0, 40, slope.shape)
    given = np.rint(slope + noise).astype(np.uint16)
    made = enhanced(given, DENOISE, icc_of("ProPhoto RGB"))
    assert made.dtype == np.uint16 and len(np.unique(made[80])) > 150
    assert np.abs(made.astype(float) - slope)[8:-8, 8:-8].std() < 12


def test_light_above_white_stays() -> None:
    given = (CLEAN["coffee"][:200, :300] * 3).astype(np.float32)
    made = enhanced(given, Strengths(0.5, 0.5, 0.5))
    assert made.dtype == np.float32 and made.max() > 2.5 and made.max() < given.max() + 0.05
    assert psnr(made, given, 3) > 30


def saturated(dtype: type[np.floating[Any]], brightest: float = 1.0) -> NDArray[np.float32]:
    """(160, 160, 3) squares of pure and mixed colours from black to `brightest`, of half floats or of float."""
    colors = np.random.default_rng(0).integers(0, 3, (20, 20, 3)) * (brightest / 2)
    large = cv2.resize(colors.astype(np.float32), (160, 160), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), 0.8).astype(dtype), np.float32)


@pytest.mark.parametrize("name", [None, "Linear sRGB", "ProPhoto RGB", "Linear ProPhoto RGB"])
@pytest.mark.parametrize(("dtype", "brightest"), [(np.float16, 1.0), (np.float32, 1.0), (np.float32, 6.0)])
def test_float_goes_beyond_nothing_that_is_around(
    name: str | None, dtype: type[np.floating[Any]], brightest: float
) -> None:
    """In the document's own channels, wide and linear ones too: nothing below black, no halo, light above white."""
    given = saturated(dtype, brightest)
    profile = None if name is None else icc_of(name)
    for strengths, reach in ((SHARPEN, 1), (Strengths(0.5, 0.5, 0.5), 17)):
        noise = np.random.default_rng(1).normal(0, 0.02 * brightest * (reach > 1), given.shape)
        picture = np.clip(given + noise, 0, None).astype(np.float32)
        made, around = enhanced(picture, strengths, profile), np.ones((2 * reach + 1,) * 2, np.uint8)
        assert (made >= cv2.erode(picture, around) - 1e-6).all() and (made <= cv2.dilate(picture, around) + 1e-6).all()
        assert made.max() > 0.9 * brightest and psnr(made, picture, brightest) > 20


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_stays_and_what_it_hides_neither_changes_nor_shows(channels: int) -> None:
    color = noisy(np.full((96, 96, 3), 180, np.uint8), 8)
    picture = np.dstack([color[:, :, : channels - 1], np.full((96, 96), 255, np.uint8)])
    picture[:, 48:] = 0
    picture[:, 40:48, -1] = 100
    made = enhanced(picture, DEFAULT)
    assert np.array_equal(made[:, :, -1], picture[:, :, -1]) and not made[:, 48:].any()
    assert np.abs(made[:, :48, :-1].astype(int) - 180).max() < 12, "the black beyond does not darken the edge"


@pytest.mark.parametrize("size", [(1, 1), (5, 900), (17, 16)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    picture = noisy(np.full((*size, 3), 120, np.uint8), 5)
    assert enhanced(picture, DEFAULT).shape == picture.shape


def test_it_stops_inside_a_tile() -> None:
    calls: list[int] = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    found = Found((0.02, 0.02, 0.02), 0.0)
    with pytest.raises(KeyboardInterrupt):
        list(enhance(photograph("coffee"), None, Bounds(0, 0, 400, 400), DENOISE, found, check))
    assert len(calls) == 3


def test_numba_is_imported_when_noise_is_reduced() -> None:
    code = "import sys, bridge_server.edit.enhance; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_numba_a_sentence_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "bridge_server.edit.enhance.shrinking", raising=False)
    with pytest.raises(BridgeError, match="needs the library numba"):
        prepare()
    assert enhanced(photograph("coffee"), Strengths(0, 0.5, 0)).any()
