"""Removals: the surroundings go on through the hole, and the model adds texture to them."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.fill import NEUTRAL, fill_unknown
from bridge_server.edit.fill.removal import LONGEST, continue_lines, with_texture


def horizon(side: int) -> np.ndarray:
    """Two colours, one above the other."""
    above = (np.arange(side) < side * 5 // 9)[:, None, None]
    return np.broadcast_to(np.where(above, [0.8, 0.7, 0.6], [0.2, 0.2, 0.2]), (side, side, 3)).astype(np.float32)


@pytest.mark.parametrize("side", [96, 2 * LONGEST])
def test_a_line_goes_on_through_a_hole(side: int) -> None:
    image, hidden = horizon(side), np.zeros((side, side), bool)
    hidden[side // 4 : side * 3 // 4, side * 3 // 8 : side * 5 // 8] = True
    spoiled = np.where(hidden[..., None], np.float32([1, 0, 1]), image)
    filled = continue_lines(spoiled, hidden)
    assert filled.dtype == np.float32 and np.array_equal(filled[~hidden], image[~hidden])
    smooth = fill_unknown(spoiled, (~hidden).astype(np.float32), 8)
    errors = [float(np.abs(one - image)[hidden].mean()) for one in (filled, smooth)]
    assert errors[0] < 0.05 and errors[0] < 0.7 * errors[1]


@pytest.mark.parametrize("side", [96, 2 * LONGEST])
def test_what_is_hidden_has_no_influence_and_nothing_known_is_neutral(side: int) -> None:
    hidden = np.zeros((side, side), bool)
    hidden[:, side // 3 :] = True
    one, other = horizon(side), horizon(side)
    other[hidden] = 0.9
    assert np.array_equal(continue_lines(one, hidden), continue_lines(other, hidden))
    assert (continue_lines(one, np.ones_like(hidden)) == NEUTRAL).all()


def test_a_large_picture_of_which_little_is_known_is_not_neutral() -> None:
    image = np.full((3 * LONGEST, 3 * LONGEST, 3), [0.8, 0.2, 0.1], np.float32)
    hidden = np.ones(image.shape[:2], bool)
    hidden[::3, ::3] = False
    assert np.abs(continue_lines(image, hidden) - image).max() < 0.01


def test_neither_side_is_preferred() -> None:
    """The same picture turned is continued to the same, turned: no direction of march shows."""
    image, hidden = horizon(64) + np.linspace(0, 0.15, 64, dtype=np.float32)[:, None], np.zeros((64, 64), bool)
    hidden[20:50, 24:44] = True
    straight, turned = (continue_lines(np.rot90(image, k).copy(), np.rot90(hidden, k).copy()) for k in (0, 2))
    assert np.abs(np.rot90(turned, 2) - straight).max() < 0.02


def test_texture_is_luma_of_fine_detail_only() -> None:
    structure = np.full((64, 64, 3), [0.7, 0.5, 0.3], np.float32)
    fine = np.where(np.indices((64, 64)).sum(0) % 4 < 2, np.float32(0.1), np.float32(-0.1))[..., None]
    tint = np.array([0.05, -0.02, 0.04], np.float32)
    made = with_texture(structure, structure + fine + tint, detail=3.0)
    assert np.abs((made - structure - fine)[8:-8, 8:-8]).max() < 0.02
    assert (made - structure).std() > 0.05 and np.allclose(np.diff(made - structure, axis=2), 0, atol=1e-5)
    assert made.dtype == np.float32 and with_texture(structure, structure + 20 * fine, detail=3.0).max() == 1.0


def test_fine_lines_of_the_structure_give_way_to_the_texture() -> None:
    streaks = np.repeat(np.where(np.arange(64) % 3 == 0, 0.6, 0.4)[:, None], 64, 1)[..., None].repeat(3, 2)
    streaks = streaks.astype(np.float32)
    made = with_texture(streaks, np.full_like(streaks, 0.5), detail=3.0)
    assert made[8:-8].std() < 0.2 * streaks[8:-8].std()
