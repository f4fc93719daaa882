"""The benchmark of fills: its holes, what it measures on textures that are known, and how it counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.removal.cases import KINDS, Case, place, reduced
from bench.removal.measures import Floats, distance_of_features, fine_detail, luma, psnr, window
from bench.removal.methods import Method
from bench.removal.pyramid import texture_distance
from bench.removal.report import medians, paired, photographs, score, wins, worse_medians, worst
from bench.removal.run import Row, Store
from bench.removal.sheets import view
from bench.removal.sources import PHOTOGRAPHS

ROW = Row("a object 000", "object", "a", "by example", 0.1, 1.0, 2.0, -0.5, 0.2, 0.3, 20.0, 1.0)
HOLE = np.zeros((96, 120), np.bool_)
HOLE[30:60, 40:80] = True


def noise(seed: int, blur: float = 0.0) -> Floats:
    picture = np.random.default_rng(seed).uniform(0.2, 0.8, (96, 120, 3)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.float32) if blur else picture


def stripes(upright: bool) -> Floats:
    waves = 0.5 + 0.3 * np.sin(np.arange(120 if upright else 96, dtype=np.float32))
    gray = np.broadcast_to(waves if upright else waves[:, None], (96, 120))
    return np.repeat(gray[:, :, None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("kind", list(KINDS))
def test_holes_leave_most_of_a_picture_and_follow_from_the_seed(kind: str) -> None:
    for seed in range(20):
        hole = KINDS[kind](200, 300, np.random.default_rng(seed))
        np.testing.assert_array_equal(hole, KINDS[kind](200, 300, np.random.default_rng(seed)))
        assert 0.001 < hole.mean() < 0.45
    assert not np.array_equal(hole, KINDS[kind](200, 300, np.random.default_rng(5)))


def test_a_hole_is_put_where_something_can_be_compared() -> None:
    truth = np.full((200, 300, 3), 90, np.uint8)
    truth[:, 240:] = np.random.default_rng(1).integers(0, 256, (200, 60, 3), np.uint8)
    hole = place(truth, KINDS["object"], np.random.default_rng(1))
    assert hole[:, 240:].any()


def test_large_photographs_are_reduced_and_small_ones_stay() -> None:
    assert reduced(np.zeros((100, 200, 3), np.uint8)).shape == (100, 200, 3)
    height, width = reduced(np.zeros((1000, 2000, 3), np.uint8)).shape[:2]
    assert width / height == pytest.approx(2, rel=0.01) and height * width == pytest.approx(300_000, rel=0.01)


def test_what_was_there_cannot_be_read_from_a_case() -> None:
    truth = np.full((96, 120, 3), 7, np.uint8)
    case = Case("a", "object", PHOTOGRAPHS[0], truth, HOLE)
    assert (case.hidden[HOLE] == 128).all() and (case.hidden[~HOLE] == 7).all()


def test_a_blur_loses_fine_detail_and_another_noise_keeps_it() -> None:
    assert fine_detail(noise(1), noise(2), HOLE) == pytest.approx(0, abs=0.1)
    assert fine_detail(noise(1, blur=2), noise(2), HOLE) < -3
    assert psnr(noise(1), noise(1), HOLE) == pytest.approx(100)


def test_the_pyramid_sees_direction_and_coarseness_and_not_where_things_are() -> None:
    same = texture_distance(luma(noise(1)), luma(noise(2)), HOLE)
    assert texture_distance(luma(noise(1)), luma(noise(1)), HOLE) == 0
    assert same < 0.5
    assert texture_distance(luma(noise(1, blur=1.5)), luma(noise(2)), HOLE) > 3 * same
    assert texture_distance(luma(stripes(True)), luma(stripes(False)), HOLE) > 1
    assert texture_distance(luma(np.roll(stripes(True), 3, axis=1)), luma(stripes(True)), HOLE) < 0.2


def test_features_are_compared_in_the_hole_alone() -> None:
    truth, other = noise(1).transpose(2, 0, 1), noise(2).transpose(2, 0, 1)
    outside = np.where(HOLE, truth, other)
    assert distance_of_features([truth], [truth], HOLE) == pytest.approx(0, abs=1e-6)
    assert distance_of_features([outside], [truth], HOLE) == pytest.approx(0, abs=1e-6)
    assert 0.4 < distance_of_features([other], [truth], HOLE) < 0.6  # as light, and nothing in common


def test_the_window_has_the_hole_in_its_middle_or_as_much_of_it_as_it_can() -> None:
    rows, columns = window(HOLE, 64)
    assert (rows, columns) == (slice(13, 77), slice(28, 92))
    assert window(HOLE, 500) == (slice(0, 96), slice(0, 120))
    scratch = np.zeros((96, 120), np.bool_)
    scratch[10, :] = scratch[50:53, 60:] = True
    place = window(scratch, 32)
    assert scratch[place].sum() == 3 * 32


def test_a_case_is_won_by_most_of_the_measures() -> None:
    other = replace(ROW, method="other", seam=-0.2, step=2.0, tone=3.0, fine=-0.6, features=0.1, texture=0.1)
    assert score(ROW, other) == 1
    assert score(ROW, replace(ROW, method="other")) == 0.5
    assert score(ROW, replace(other, fine=0.1, tone=1.0)) == 0
    assert worse_medians([(ROW, other)]) == ["DISTS", "pyramid"]


def test_only_cases_that_both_have_are_compared() -> None:
    rows = [ROW, replace(ROW, case="b", method="by example"), replace(ROW, method="other", seam=5.0)]
    assert [pair[0].case for pair in paired(rows, "other")] == [ROW.case]
    assert "| other | 1 | 100 % | 100 % | 50 % |" in wins(rows)
    assert "| other | 1 | 5.00 |" in medians(rows)


def test_the_worst_cases_are_those_furthest_from_the_truth() -> None:
    rows = [replace(ROW, case=str(number), step=float(number), texture=float(number)) for number in range(4)]
    assert worst(rows, 2) == ["3", "2"]


def test_every_photograph_has_a_name_and_a_licence_of_its_own() -> None:
    assert len({photo.name for photo in PHOTOGRAPHS}) == len(PHOTOGRAPHS) >= 40
    assert all(photo.licence and photo.maker for photo in PHOTOGRAPHS)
    assert sum(not photo.trained for photo in PHOTOGRAPHS) >= 20
    table = photographs()
    assert "astronaut †" in table and "coffee," in table


def test_a_run_that_was_stopped_goes_on_and_failures_are_not_repeated(tmp_path: Path) -> None:
    case = Case("a", "object", PHOTOGRAPHS[0], np.full((96, 120, 3), 7, np.uint8), HOLE)
    runs: list[str] = []

    def gray(case: Case) -> np.ndarray:
        runs.append(case.name)
        return case.hidden

    def missing(case: Case) -> np.ndarray:
        runs.append(case.name)
        raise FileNotFoundError("no result")

    store = Store(tmp_path)
    for _ in range(2):
        made = store.picture(case, Method("gray", "1", gray))
        assert made is not None and made[0].exists()
        assert store.picture(case, Method("missing", "1", missing)) is None
    assert runs == ["a", "a"]
    store.picture(case, Method("gray", "2", gray))
    assert len(runs) == 3
    assert Store(tmp_path, makes=False).picture(case, Method("gray", "3", gray)) is None and len(runs) == 3


def test_sheets_show_the_hole_with_what_is_around_it() -> None:
    rows, columns = view(Case("a", "object", PHOTOGRAPHS[0], np.zeros((96, 120, 3), np.uint8), HOLE))
    assert (rows, columns) == (slice(0, 96), slice(0, 120))
