"""Fill by example: straight edges that are cut by a hole go on across it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.compiled import threads
from bridge_server.edit.fill.exemplar import FillOptions, fill
from bridge_server.edit.fill.exemplar.features import features
from bridge_server.edit.fill.exemplar.lines import find_lines
from bridge_server.edit.fill.exemplar.pyramid import Level, level

Picture = NDArray[np.float32]
Point = tuple[int, int]
SIZE = (240, 360)
BARS: list[tuple[Point, Point, int]] = [((0, 30), (359, 205), 9), ((90, 0), (260, 239), 12), ((0, 131), (359, 118), 5)]


def grass() -> Picture:
    grain = np.random.default_rng(5).normal(0, 1, (*SIZE, 3)).astype(np.float32)
    return np.clip(np.float32([0.35, 0.5, 0.25]) + 0.05 * cv2.GaussianBlur(grain, (0, 0), 1.2), 0, 1)


def with_bar(picture: Picture, start: Point, end: Point, width: int, color: tuple[float, float, float]) -> Picture:
    drawn = picture.copy()
    cv2.line(drawn, start, end, color, width, cv2.LINE_AA)
    return drawn


def hole() -> Picture:
    mask = np.zeros(SIZE, np.float32)
    cv2.ellipse(mask, (180, 120), (60, 46), 10, 0, 360, 1, -1)
    return mask


def finest(picture: Picture, mask: Picture) -> Level:
    missing = (mask > 0).astype(np.uint8)
    with threads(1) as bands:
        told = features(picture, 1 - missing, 1.0, bands)
    return level(told, missing, 1 - missing, 1 - missing, SIZE[1])


@pytest.mark.parametrize(("start", "end", "width"), BARS)
def test_a_bar_goes_on(start: Point, end: Point, width: int) -> None:
    mask = hole()
    truth = with_bar(grass(), start, end, width, (0.9, 0.88, 0.85))
    of_bar = with_bar(np.zeros((*SIZE, 1), np.float32), start, end, width - 2, (1, 1, 1))[..., 0] == 1
    filled = fill(np.where(mask[..., None] > 0, np.float32(0.5), truth), mask, seed=2)
    inside = of_bar & (mask == 1)
    assert inside.sum() > 300
    assert (np.abs(filled - truth)[inside].max(axis=1) < 0.15).mean() > 0.9


def test_two_bars_that_cross_go_on() -> None:
    mask, truth = hole(), grass()
    for start, end, width in BARS[:2]:
        truth = with_bar(truth, start, end, width, (0.08, 0.08, 0.1))
    filled = fill(np.where(mask[..., None] > 0, np.float32(0.5), truth), mask, seed=2)
    dark = (truth.max(axis=2) < 0.15) & (mask == 1)
    assert (filled.max(axis=2)[dark] < 0.25).mean() > 0.8  # 0.62 without lines


def test_lines_lie_where_the_edges_are() -> None:
    (start, end, width), mask = BARS[0], hole()
    picture = with_bar(grass(), start, end, width, (0.9, 0.88, 0.85))
    found = find_lines(finest(np.where(mask[..., None] > 0, np.float32(0.5), picture), mask))
    assert len(found) == 2
    slope = (end[1] - start[1]) / (end[0] - start[0])
    for line in found:
        for y, x in (line.start, line.end):
            aside = abs(y - (start[1] + slope * (x - start[0]))) / (1 + slope**2) ** 0.5
            assert abs(aside - width / 2) < 1.5
        assert min(line.before, line.after) > 60


def test_edges_of_other_colours_and_those_that_end_are_no_lines() -> None:
    mask = hole()
    start, end, width = BARS[0]
    ends = with_bar(grass(), start, (180, 118), width, (0.9, 0.88, 0.85))
    other = with_bar(ends, (180, 118), end, width, (0.1, 0.1, 0.4))
    for picture in (ends, other, grass()):
        assert find_lines(finest(np.where(mask[..., None] > 0, np.float32(0.5), picture), mask)) == []


def test_the_same_bytes_for_every_number_of_threads() -> None:
    (start, end, width), mask = BARS[1], hole()
    picture = with_bar(grass(), start, end, width, (0.9, 0.3, 0.2))
    one, three = (fill(picture, mask, seed=3, options=FillOptions(threads=count)) for count in (1, 3))
    assert one.tobytes() == three.tobytes()
    assert one.tobytes() != fill(picture, mask, seed=3, options=FillOptions(lines=False)).tobytes()
