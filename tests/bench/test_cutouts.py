"""The benchmark of cut-outs, a small version: hair, fur, leaves and soft edges over photographs, with known alpha."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from bench.cutouts.composites import Subject, composites
from bench.cutouts.heads import locks, tousled
from bench.cutouts.held_out import FIRST, SECOND
from bench.cutouts.measure import Row, measure, table


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(measure(composites(640, 480, rounds=1)))


def test_alpha_is_off_half_as_much_as_the_network_alone(rows: list[Row]) -> None:
    assert np.median([row.ratio for row in rows]) <= 0.5, table(rows)


def test_hair_is_off_half_as_much_before_a_texture_too(rows: list[Row]) -> None:
    assert max(row.ratio for row in rows if row.name.startswith("hair")) < 0.6, table(rows)


def test_no_subject_is_cut_out_worse_than_by_the_network_alone(rows: list[Row]) -> None:
    assert max(row.ratio for row in rows) < 1.1, table(rows)


def test_colors_of_the_old_background_are_gone(rows: list[Row]) -> None:
    assert all(row.colors < 0.7 * row.plain for row in rows), table(rows)
    assert np.median([row.colors / row.plain for row in rows]) < 0.4, table(rows)


def test_the_composites_are_what_they_say() -> None:
    for case in composites(160, 120, rounds=1):
        share = case.alpha[:, :, np.newaxis]
        np.testing.assert_allclose(case.picture, case.foreground * share + case.background * (1 - share), atol=1e-6)
        assert 0.05 < case.alpha.mean() < 0.5 and ((case.alpha > 0.05) & (case.alpha < 0.95)).mean() > 0.005


@pytest.mark.parametrize(("draw", "shades"), [(locks, FIRST.shades), (tousled, SECOND.shades)])
def test_drawn_hair_is_of_its_shade(draw: Callable[..., Subject], shades: Mapping[str, tuple[float, ...]]) -> None:
    for name, shade in shades.items():
        made = draw(np.full((240, 320, 3), 0.5, np.float32), np.random.default_rng(1), shade)
        assert ((made.alpha > 0.05) & (made.alpha < 0.95)).mean() > 0.01
        mean = made.colors[(made.colors != 0.5).any(axis=2)].mean(axis=0)
        assert np.abs(mean / mean.max() - np.array(shade) / max(shade)).max() < 0.05, name


def test_the_second_set_has_nothing_of_the_first() -> None:
    for of in ("grounds", "surfaces", "emoji"):
        one, other = set(getattr(FIRST, of)), set(getattr(SECOND, of))
        assert one and other and not one & other, of
    assert not set(FIRST.shades) & set(SECOND.shades)
