"""Fill by example: where its pieces come from, if not from all around."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.fill.exemplar import Example, FillOptions, fill
from bridge_server.edit.fill.exemplar.fullest import fullest
from bridge_server.edit.fill.exemplar.regions import regions

from .test_exemplar import box, noise, sawtooth, sky_over_sea


def test_pieces_come_from_an_example_alone() -> None:
    """A hole in the sea that is to be filled from a picture of brick, which lies nowhere in it."""
    image, mask = sky_over_sea(160, 220, 60), box(160, 220, 80, 140, 70, 150)
    brick = np.float32([0.7, 0.3, 0.2]) + (noise(90, 70, 3, 4) - 0.5) * np.float32(0.1)
    usable = np.ones((90, 70), np.bool_)
    usable[:, :20] = False
    example = Example(np.where(usable[..., None], brick, np.float32([0, 1, 0])), usable)
    plain = fill(image, mask, seed=1)
    one, two = (fill(image, mask, seed=1, options=FillOptions(threads=n), example=example) for n in (1, 3))
    assert one.tobytes() == two.tobytes() and one[mask == 0].tobytes() == image[mask == 0].tobytes()
    middle = one[90:130, 85:135]
    assert np.abs(middle.mean(axis=(0, 1)) - [0.7, 0.3, 0.2]).max() < 0.05, "none of the sea, none of the green"
    assert middle[..., 1].max() < 0.4 and plain[90:130, 85:135, 0].mean() < 0.25


def test_an_example_may_be_mirrored_and_rotated_too() -> None:
    y, x = np.mgrid[0:120, 0:160].astype(np.float32)
    image, mask = sawtooth(x + y), box(120, 160, 40, 80, 50, 110)
    hidden = np.where(mask[..., None] > 0, np.float32(0.5), image)
    other = sawtooth(100 - x[:80, :80] + y[:80, :80])
    found = [
        fill(hidden, mask, options=FillOptions(mirrored=mirrored), example=Example(other, np.ones((80, 80), np.bool_)))
        for mirrored in (False, True)
    ]
    off = [float(np.abs(filled - image)[mask > 0].mean()) for filled in found]
    assert off[1] < 0.03 < off[0]


def test_a_ring_is_copied_from_where_it_is_also_turned() -> None:
    """Its middle, of which less is taken where pieces may be mirrored, has nothing."""
    image, mask = noise(100, 120, 3, 1), box(100, 120, 30, 70, 30, 80)
    ring = np.ones((1500, 1500), np.bool_)  # wider than the 1200 and 800 pixels that are taken
    ring[120:1380, 120:1380] = False
    example = Example(np.full((*ring.shape, 3), 0.25, np.float32), ring)
    for options in (FillOptions(), FillOptions(mirrored=True)):
        filled = fill(image, mask, options=options, example=example)
        assert np.abs(filled[45:55, 45:65] - 0.25).max() < 0.05


def test_the_part_that_is_wanted_or_the_nearest_that_has_as_much() -> None:
    usable = np.ones((3000, 5000), np.uint8)
    assert fullest(usable, 800, 1000, 2000) == (slice(600, 1400), slice(1600, 2400))
    assert fullest(usable, 6000, 0, 0) == (slice(0, 3000), slice(0, 5000))
    usable[:, 1000:] = 0
    rows, columns = fullest(usable, 800, 1000, 2000)
    assert rows == slice(600, 1400) and columns.stop in range(1000, 1081)


@pytest.mark.parametrize("size", [(7, 7), (9, 400), (300, 8), (500, 500)])
def test_examples_of_any_size(size: tuple[int, int]) -> None:
    image, mask = noise(100, 120, 3, 1), box(100, 120, 30, 70, 30, 80)
    example = Example(np.full((*size, 3), 0.25, np.float32), np.ones(size, np.bool_))
    filled = fill(image, mask, example=example)
    assert np.abs(filled[45:55, 45:65] - 0.25).max() < 0.05


def test_pieces_from_so_far_away_at_most() -> None:
    """A wall that turns from red to blue 40 pixels beside the hole."""
    image, mask = noise(160, 400) * np.float32(0.1), box(160, 400, 60, 100, 180, 220)
    image[:, 140:260, 0] += 0.6
    image[:, :140, 2] += 0.6
    image[:, 260:, 2] += 0.6
    image[60:100, 180:220] = 0
    near, far = (regions((mask > 0).astype(np.uint8), around)[0][0].seen for around in (30, 5000))
    assert near == (slice(30, 130), slice(150, 250)) and far == (slice(0, 160), slice(0, 400))
    assert fill(image, mask, options=FillOptions(around=30))[..., 2][mask > 0].max() < 0.3
