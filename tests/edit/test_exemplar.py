"""Fill by example: what is around a hole goes on inside, and nothing else of the picture changes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bridge_server.edit.fill.exemplar import FillOptions, fill

COFFEE = Path(__file__).parents[2] / "tools/demo/coffee.png"

Picture = NDArray[np.float32]


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).random((height, width, channels), dtype=np.float32)


def box(height: int, width: int, top: int, bottom: int, left: int, right: int) -> Picture:
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


def sky_over_sea(height: int, width: int, horizon: int) -> Picture:
    """Two textures of which the colours differ."""
    grain = noise(height, width, 1, 7) - 0.5
    sky, sea = np.float32([0.55, 0.7, 0.9]), np.float32([0.15, 0.3, 0.4])
    below = (np.arange(height) >= horizon)[:, None, None]
    return np.where(below, sea + grain * 0.2, sky + grain * 0.04).astype(np.float32)


def weave(height: int, width: int) -> Picture:
    """Repeats itself every 12 pixels down and every 16 across."""
    y, x = np.mgrid[0:height, 0:width]
    wave = 0.5 + 0.25 * np.sin(2 * np.pi * y / 12) + 0.2 * np.sign(np.sin(2 * np.pi * x / 16 + 0.1))
    return np.repeat(wave[:, :, None], 3, axis=2).astype(np.float32)


def test_the_same_bytes_for_every_number_of_threads() -> None:
    image, mask = sky_over_sea(200, 260, 90), box(200, 260, 60, 150, 80, 190)
    one, two, five = (fill(image, mask, seed=3, options=FillOptions(threads=count)) for count in (1, 2, 5))
    assert one.tobytes() == two.tobytes() == five.tobytes()


def test_a_seed_is_a_variation() -> None:
    image, mask = noise(120, 120), box(120, 120, 40, 80, 40, 80)
    assert fill(image, mask, seed=1).tobytes() != fill(image, mask, seed=2).tobytes()


@pytest.mark.parametrize("channels", [1, 3])
def test_outside_the_mask_no_bit_changes(channels: int) -> None:
    image = noise(90, 110, channels) * np.float32(3) - np.float32(1)  # float pictures hold more than 0 to 1
    mask = box(90, 110, 20, 70, 30, 60)
    before = image.copy()
    filled = fill(image, mask)
    assert filled.shape == image.shape and filled.dtype == np.float32
    assert np.array_equal(image, before)
    assert filled[mask == 0].tobytes() == image[mask == 0].tobytes()
    assert not np.isclose(filled[mask == 1], image[mask == 1]).all()


def test_a_pattern_goes_on() -> None:
    image = weave(240, 320)
    mask = box(240, 320, 80, 160, 100, 220)
    filled = fill(np.where(mask[..., None] > 0, np.float32(0.9), image), mask)
    assert np.abs(filled - image)[mask > 0].mean() < 0.01


@pytest.mark.parametrize("horizon", [110, 140])
def test_a_horizon_keeps_its_height(horizon: int) -> None:
    image, mask = sky_over_sea(240, 360, horizon), box(240, 360, 60, 190, 110, 250)
    filled = fill(np.where(mask[..., None] > 0, np.float32([1, 0, 0]), image), mask)
    dark = filled[:, 110:250].mean(axis=2) < 0.5
    edge = np.argmax(dark, axis=0)
    assert np.abs(edge - horizon).max() <= 2
    assert dark[horizon + 3 :].mean() > 0.99 and dark[: horizon - 3].mean() < 0.01  # no sea in the sky, no sky below


def test_a_scratch_leaves_no_smear() -> None:
    image = noise(400, 700)
    mask = np.zeros((400, 700), np.float32)
    for column in range(20, 680):
        row = 60 + column // 3
        mask[row : row + 4, column] = 1
    filled = fill(np.where(mask[..., None] > 0, np.float32(1), image), mask)
    inside, around = filled[mask > 0], image[mask == 0]
    assert 0.7 < inside.std() / around.std() < 1.15  # as contrasty as what is around it
    assert abs(inside.mean() - around.mean()) < 0.03
    assert not np.isclose(inside, 1).all(axis=1).any()


def test_a_soft_mask_fades() -> None:
    image, mask = sky_over_sea(160, 200, 80), box(160, 200, 50, 110, 70, 130)
    image[50:110, 70:130] = (1, 0, 0)
    soft = mask * np.float32(0.5)
    half, whole = fill(image, soft), fill(image, mask)
    assert np.allclose(half[mask > 0], (image[mask > 0] + whole[mask > 0]) / 2, atol=1e-6)


def test_nothing_of_what_is_hidden_is_used() -> None:
    image, mask = sky_over_sea(160, 200, 80), box(160, 200, 50, 110, 70, 130)
    red, blue = (np.where(mask[..., None] > 0, np.float32(color), image) for color in ([1, 0, 0], [0, 0, 1]))
    assert fill(red, mask).tobytes() == fill(blue, mask).tobytes()


def test_what_is_not_known_is_never_copied() -> None:
    image, mask = sky_over_sea(160, 240, 80), box(160, 240, 50, 110, 90, 150)
    unknown = np.zeros((160, 240), np.bool_)
    unknown[:, 170:] = True
    green, black = (np.where(unknown[..., None], np.float32(color), image) for color in ([0, 1, 0], [0, 0, 0]))
    filled = fill(green, mask, unknown)
    assert filled[mask > 0].tobytes() == fill(black, mask, unknown)[mask > 0].tobytes()
    assert filled[unknown].tobytes() == green[unknown].tobytes()


@pytest.mark.parametrize(
    "sides", [(0, 40, 0, 0), (30, 0, 0, 0), (0, 0, 30, 30), (40, 40, 40, 40)], ids=["right", "left", "rows", "all"]
)
def test_a_picture_goes_on_beyond_its_borders(sides: tuple[int, int, int, int]) -> None:
    left, right, top, bottom = sides
    whole = sky_over_sea(200, 280, 100)
    mask = np.ones((200, 280), np.float32)
    mask[top : 200 - bottom, left : 280 - right] = 0
    filled = fill(np.where(mask[..., None] > 0, np.float32(0.5), whole), mask)
    assert filled[mask == 0].tobytes() == whole[mask == 0].tobytes()
    dark = filled.mean(axis=2) < 0.5
    assert dark[104:].mean() > 0.98 and dark[:96].mean() < 0.02


def test_an_object_near_a_border_is_not_repeated_beyond_it() -> None:
    whole, beyond = sky_over_sea(240, 400, 150), 300
    whole[60:170, 250:280] = (0.8, 0.1, 0.1)
    whole[60:75, 250:280] = (0.9, 0.9, 0.2)
    filled = fill(whole, box(240, 400, 0, 240, beyond, 400), seed=1)
    red = (filled[..., 0] > 0.6) & (filled[..., 2] < 0.4)
    assert red[:, 250:280].sum() == 3300 and not red[:, beyond:].any()


def fine_detail(picture: Picture) -> float:
    gray = picture.mean(axis=2)
    return float(np.abs(gray - cv2.GaussianBlur(gray, (0, 0), 1.5)).mean())


@pytest.mark.parametrize("rows", [slice(0, 120), slice(240, 400)], ids=["polished", "grooved"])
def test_grain_goes_on_beyond_a_border(rows: slice) -> None:
    """Of what an outpaint is made from: no two places of wood are the same, and yet none of it is an object."""
    wood = np.asarray(Image.open(COFFEE).convert("RGB"), np.float32)[:, -212:] / 255
    wider = np.pad(wood, ((0, 0), (0, 64), (0, 0)))
    filled = fill(wider, box(400, 276, 0, 400, 192, 276), seed=1)
    assert fine_detail(filled[rows, 192:]) > 0.85 * fine_detail(wood[rows, -84:])


def sawtooth(steps: NDArray[np.float32]) -> Picture:
    return np.repeat((steps % 16 / 16 * 0.8 + 0.1)[..., None], 3, axis=2).astype(np.float32)


def test_mirrored_pieces() -> None:
    """Slanting teeth that are mirrored at the middle, of which hardly anything is known on the right."""
    y, x = np.mgrid[0:160, 0:240].astype(np.float32)
    image, mask = sawtooth(np.where(x < 120, x, 239 - x) + y * 0.5), box(160, 240, 0, 160, 128, 240)
    hidden = np.where(mask[..., None] > 0, np.float32(0.5), image)
    plain, mirrored = (fill(hidden, mask, options=FillOptions(mirrored=allowed)) for allowed in (False, True))
    assert np.abs(mirrored - image)[mask > 0].mean() < 0.02 < np.abs(plain - image)[mask > 0].mean()
    assert mirrored.shape == image.shape and mirrored[mask == 0].tobytes() == image[mask == 0].tobytes()


def test_rotated_pieces() -> None:
    """Stripes that stand upright beside the hole, and lie everywhere else."""
    y, x = np.mgrid[0:160, 0:200].astype(np.float32)
    upright = box(160, 200, 54, 106, 74, 126)[..., None] > 0
    image = np.repeat((np.sin(np.where(upright[..., 0], x, y) / 2.2) * 0.4 + 0.5)[..., None], 3, axis=2)
    image, mask = image.astype(np.float32), box(160, 200, 60, 100, 80, 120)
    hidden = np.where(mask[..., None] > 0, np.float32(0.5), image)
    plain, rotated = (fill(hidden, mask, options=FillOptions(rotated=allowed)) for allowed in (False, True))
    assert np.abs(rotated - image)[mask > 0].mean() < 0.5 * np.abs(plain - image)[mask > 0].mean()
    one, two = (fill(hidden, mask, options=FillOptions(rotated=True, threads=count)) for count in (1, 3))
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize("corner", [(0, 40, 0, 50), (80, 120, 0, 50), (0, 120, 0, 30), (70, 120, 110, 160)])
def test_a_hole_at_the_border(corner: tuple[int, int, int, int]) -> None:
    image, mask = weave(120, 160), box(120, 160, *corner)
    filled = fill(np.where(mask[..., None] > 0, np.float32(0.9), image), mask)
    assert np.abs(filled - image)[mask > 0].mean() < 0.03


def test_several_parts_far_and_near() -> None:
    image, mask = weave(300, 500), np.zeros((300, 500), np.float32)
    for y, x in ((20, 30), (20, 90), (200, 60), (130, 420), (250, 450)):
        mask[y : y + 40, x : x + 36] = 1
    filled = fill(np.where(mask[..., None] > 0, np.float32(0.9), image), mask)
    assert np.abs(filled - image)[mask > 0].mean() < 0.02


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (7, 7), (9, 40), (40, 9)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    image, mask = np.full((*size, 3), 0.25, np.float32), np.zeros(size, np.float32)
    mask[size[0] // 2, size[1] // 2] = 1
    filled = fill(np.where(mask[..., None] > 0, np.float32(1), image), mask)
    assert np.isfinite(filled).all()
    if min(size) > 1:
        assert np.allclose(filled, 0.25, atol=1e-3)


def test_without_a_source_the_fill_is_smooth() -> None:
    image = np.full((50, 60, 3), 0.3, np.float32)
    assert np.isfinite(fill(image, np.ones((50, 60), np.float32))).all()
    unknown = np.ones((50, 60), np.bool_)
    assert np.isfinite(fill(image, box(50, 60, 10, 30, 10, 30), unknown)).all()


def test_an_empty_mask_changes_nothing() -> None:
    image = noise(30, 30)
    assert fill(image, np.zeros((30, 30), np.float32)).tobytes() == image.tobytes()


def test_light_steps_are_evened_out() -> None:
    """A slope of brightness, of which any copied place has another value."""
    slope = np.linspace(0.2, 0.6, 300, dtype=np.float32)[None, :, None]
    image = np.clip(slope + (noise(200, 300, 3, 2) - 0.5) * np.float32(0.05), 0, 1)
    mask = box(200, 300, 60, 140, 100, 200)
    filled = fill(np.where(mask[..., None] > 0, np.float32(1), image), mask)
    off = np.abs(filled[60:140].mean(axis=(0, 2)) - slope[0, :, 0])
    assert off[100:200].max() < 0.04


def blotches(height: int, width: int) -> Picture:
    """Soft light and dark places under fine grain: where a copied one lies is by chance."""
    soft = cv2.GaussianBlur(noise(height, width, 1, 5)[..., 0] - 0.5, (0, 0), 7)
    grain = (noise(height, width, 1, 6)[..., 0] - 0.5) * np.float32(0.15)
    return np.repeat((soft * np.float32(0.12 / soft.std()) + grain + 0.5)[..., None], 3, axis=2).astype(np.float32)


def test_the_tone_of_the_surroundings_goes_on_along_the_border() -> None:
    image, mask = blotches(240, 320), box(240, 320, 80, 160, 110, 210)
    hidden = np.where(mask[..., None] > 0, np.float32(0.9), image)
    filled = fill(hidden, mask, seed=1)
    for line, true in ((filled[81, 110:210], image[81, 110:210]), (filled[80:160, 208], image[80:160, 208])):
        off = np.convolve((line - true).mean(axis=1), np.full(15, 1 / 15, np.float32), "valid")
        assert np.abs(off).mean() < 0.025  # a fifth of the blotches' contrast
    assert fine_detail(filled[80:160, 110:210]) > 0.9 * fine_detail(image[80:160, 110:210])


def test_a_scratch_regains_the_grain_beside_it() -> None:
    """Each of its pixels is a mean of pieces: a quarter of the grain's contrast is lost by that."""
    image, mask = blotches(240, 420), np.zeros((240, 420), np.float32)
    for column in range(20, 400):
        row = 60 + column // 4
        mask[row : row + 4, column] = 1
    filled = fill(np.where(mask[..., None] > 0, np.float32(0.9), image), mask, seed=1)
    kept, true = (
        np.abs(gray - cv2.GaussianBlur(gray, (0, 0), 1.5))[mask > 0] for gray in (filled[..., 0], image[..., 0])
    )
    assert 0.9 < kept.mean() / true.mean() < 1.1


def test_the_fringe_of_what_is_removed_does_not_grow_inwards() -> None:
    image, mask = blotches(200, 260), box(200, 260, 60, 140, 90, 170)
    image[59:141, 89:171] = (0.9, 0.1, 0.1)  # a pixel more than is selected
    inside = fill(image, mask, seed=1)[62:138, 92:168]
    assert (inside[..., 0] - inside[..., 1]).max() < 0.1


def test_in_place_gives_the_same() -> None:
    image = noise(240, 320)
    mask = box(240, 320, 80, 160, 110, 210) * np.linspace(0, 1, 320, dtype=np.float32)  # partly what was there
    wanted = fill(image, mask, seed=2)
    assert fill(image, mask, seed=2, in_place=True) is image
    assert image.tobytes() == wanted.tobytes()


def test_a_small_hole_in_a_large_picture_is_filled_from_what_is_around_it() -> None:
    """And the rest of the picture costs nothing: it is not even looked at."""
    image, mask = noise(1000, 1200), box(1000, 1200, 600, 640, 300, 350)
    around = slice(600 - 160, 640 + 160), slice(300 - 160, 350 + 160)
    part = fill(image[around], mask[around], seed=1)
    image[:400] = np.nan
    assert fill(image, mask, seed=1)[around].tobytes() == part.tobytes()


def test_all_that_a_fill_runs_is_compiled_before_the_first() -> None:
    """What comes in another memory layout would be compiled once more, in the middle of a fill."""
    script = """
import numpy as np
from bridge_server.edit.fill.exemplar import fill, prepare_fill

prepare_fill()
from bridge_server.edit.fill.exemplar import continuation, first, matching, poisson, voting

found = [one for module in (continuation, first, matching, poisson, voting) for one in vars(module).values()]
kernels = [one for one in found if hasattr(one, "signatures") and one.signatures]
before = [len(one.signatures) for one in kernels]
mask = np.zeros((260, 360), np.float32)
mask[80:160, 110:250] = mask[:, :16] = 1
fill(np.random.default_rng(0).random((260, 360, 3), dtype=np.float32), mask)
assert kernels and [len(one.signatures) for one in kernels] == before == [1] * len(kernels)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


class StoppedError(Exception):
    pass


def stopping_after(calls: int) -> Callable[[float], None]:
    left = iter(range(calls))

    def progress(_done: float) -> None:
        if next(left, None) is None:
            raise StoppedError

    return progress


@pytest.mark.parametrize("calls", [0, 3, 12])
def test_it_can_be_stopped(calls: int) -> None:
    with pytest.raises(StoppedError):
        fill(noise(200, 200), box(200, 200, 50, 150, 50, 150), progress=stopping_after(calls))


def test_progress_goes_on_to_the_end() -> None:
    told: list[float] = []
    mask = box(300, 500, 40, 90, 40, 100) + box(300, 500, 200, 260, 400, 470)
    fill(noise(300, 500), mask, progress=told.append)
    assert told == sorted(told) and told[0] < 0.05 and told[-1] == 1.0 and len(told) > 10


def test_numba_is_imported_when_it_is_needed() -> None:
    code = "import sys, bridge_server.edit.fill.exemplar; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
