"""Paints areas far larger than the model's size: as a whole at a reduced size, then again in overlapping tiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..edit.hires import lay_over, part, ramp, start_picture, tile_start, touched
from ..edit.prepare import Working
from ..edit.resample import resize
from ..plan.bounds import Bounds
from ..plan.hires import STRENGTH, HiresPass
from .family import FamilyModel, Loaded
from .generation import FloatArray, Generation, Part, Picture, Pixels, Watch
from .previews import PREVIEW_SIDE
from .softmask import hard_pixels


def generate_in_tiles(
    family: FamilyModel,
    loaded: Loaded,
    generation: Generation,
    hires: HiresPass,
    working: Working,
    watch: Watch,
    *,
    only_whole: bool = False,
) -> Picture:
    """Both passes. Returns a picture of the hires pass's size; its steps_run counts every step of every pass.

    generation: the first pass; where there is none, only its prompt, sampler, steps and the like are read. working: the
    context at that size. only_whole: leave out the second pass after a first one. Raises what the family's
    generate raises.
    """
    mask = working.mask if generation.soft_mask else hard_pixels(working.mask)
    tiles = [] if only_whole and hires.first_pass else touched(hires.tiles, mask)
    second = second_pass(generation, hires)
    first_steps = generation.steps_to_run if hires.first_pass else 0
    total = first_steps + len(tiles) * second.steps_to_run
    made = None
    if hires.first_pass:
        made = family.generate(loaded, generation, PassWatch(watch, 0, total, ends=not tiles))
    start = start_picture(None if made is None else made.pixels, working.image, mask)
    picture = start.copy()
    for index, tile in enumerate(tiles):
        watch.check()
        before = first_steps + index * second.steps_to_run
        overview = _Overview(picture, tile)
        passing = PassWatch(watch, before, total, ends=tile is tiles[-1], overview=overview)
        weights = ramp(tile, hires.overlap, hires.cell)
        run = replace(
            second,
            width=tile.width,
            height=tile.height,
            image=tile_start(start, picture, tile, weights),
            mask=part(mask, tile) * weights,
            part=Part(hires.width, hires.height, tile.x, tile.y),
        )
        made = family.generate(loaded, run, passing)
        lay_over(picture, made.pixels, tile, weights)
    return Picture(picture, total, made.sampler if made is not None else generation.sampler)


def second_pass(generation: Generation, hires: HiresPass) -> Generation:
    """A tile's run, but for its place. After a first pass it has so many steps that one of them is weak enough; its
    mask is always soft, since that is how tiles go together.
    """
    steps = max(generation.steps, math.ceil(1 / STRENGTH)) if hires.first_pass else generation.steps
    empty = np.zeros((1, 1, 3), np.float32)
    strength = hires.strength if hires.first_pass else generation.strength
    return replace(generation, image=empty, steps=steps, strength=strength, soft_mask=True)


class _Overview:
    """The whole picture in small while a tile is painted."""

    def __init__(self, picture: FloatArray, tile: Bounds) -> None:
        self._picture = picture
        self._tile = tile
        self._small: FloatArray | None = None

    def with_tile(self, painted: Pixels) -> Pixels:
        """(h, w, 3) uint8, the longer side at most PREVIEW_SIDE, with the tile's own preview in its place."""
        height, width = self._picture.shape[:2]
        scale = min(1.0, PREVIEW_SIDE / max(height, width))
        if self._small is None:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            self._small = resize(self._picture, *size).copy()
        tile = self._tile
        box = Bounds.from_edges(*(round(edge * scale) for edge in (tile.x, tile.y, tile.right, tile.bottom)))
        if not box.is_empty:
            own = resize(painted.astype(np.float32) / 255, box.width, box.height)
            place = part(self._small, box)
            place[:] = own[: place.shape[0], : place.shape[1]]
        return (self._small.clip(0, 1) * 255).round().astype(np.uint8)


class PassWatch:
    """Watches one of several runs and reports them as one: steps are counted through, stages come once each."""

    def __init__(self, watch: Watch, before: int, total: int, *, ends: bool, overview: _Overview | None = None) -> None:
        self._watch = watch
        self._before = before
        self._total = total
        self._starts = before == 0
        self._ends = ends
        self._overview = overview

    def check(self) -> None:
        self._watch.check()

    def stage(self, name: str) -> None:
        if (name == "decoding" and self._ends) or (name != "decoding" and self._starts):
            self._watch.stage(name)
        else:
            self._watch.check()

    def step(self, step: int, steps: int) -> None:
        self._watch.step(self._before + step, self._total)

    def preview(self, paint: Callable[[], Pixels], step: int, steps: int) -> None:
        overview = self._overview
        whole = paint if overview is None else lambda: overview.with_tile(paint())
        self._watch.preview(whole, self._before + step, self._total)

    def warn(self, code: str, message: str) -> None:
        if self._starts:
            self._watch.warn(code, message)
