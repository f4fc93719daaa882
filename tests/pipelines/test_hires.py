"""Large areas in two passes, through real pipelines: repeatable, counted through, stoppable, without an edge."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from bridge_server.edit.prepare import Working, prepare
from bridge_server.edit.resample import resize
from bridge_server.edit.source import Source
from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.pipelines.family import code_of
from bridge_server.pipelines.generation import (
    Cancelled,
    FloatArray,
    Generation,
    Part,
    Picture,
    Pixels,
    Unwatched,
)
from bridge_server.pipelines.hires import generate_in_tiles, second_pass
from bridge_server.pipelines.noise import first_noise, generator_for
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.hires import STRENGTH, HiresPass
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, make_plan

BOX = Bounds(70, 40, 90, 70)
KINDS = ("inpaint", "img2img", "weak img2img", "txt2img")


def photo(width: int, height: int) -> FloatArray:
    return resize(data.chelsea().astype(np.float32) / 255, width, height)


def plan_of(kind: str, width: int, height: int, native: NativeSize, padding: int | None) -> Plan:
    strength = {"weak img2img": 0.3, "img2img": 0.6}.get(kind, 1.0)
    selection = BOX if kind == "inpaint" else None
    document = Bounds(0, 0, width, height)
    return make_plan(PlanInput(kind.split()[-1], document, native, strength, selection, padding=padding))


def hires_of(plan: Plan) -> HiresPass:
    assert plan.hires is not None
    return plan.hires


def run(
    loaded: StableDiffusion,
    kind: str,
    watch: Any = None,
    size: tuple[int, int] = (200, 160),
    padding: int | None = None,
    **changes: Any,
) -> tuple[Picture, Plan, Working]:
    """Both passes of a job on a photo, with the box in its middle selected where it is an inpaint."""
    width, height = size
    native = NativeSize.around(loaded.ref.native_resolution, loaded.ref.size_multiple)
    plan = plan_of(kind, width, height, native, padding)
    mask = None
    if kind == "inpaint":
        mask = np.zeros((height, width), np.uint8)
        mask[BOX.y : BOX.bottom, BOX.x : BOX.right] = 255
    pixels = (photo(width, height) * 255).astype(np.uint8)
    source = Source(pixels if plan.needs_image else None, mask, plan.document)
    working = prepare(source, plan.at_hires)
    first = prepare(source, plan)
    generation = Generation(
        "photo of a cat",
        "",
        plan.working_width,
        plan.working_height,
        plan.strength,
        6,
        3.0,
        "auto",
        5,
        image=first.image if plan.needs_image else None,
        mask=first.mask if plan.needs_image else None,
    )
    generation = replace(generation, **changes)
    family = code_of(builtin().named(loaded.ref.family))
    made = generate_in_tiles(family, loaded, generation, hires_of(plan), working, watch or Unwatched())
    return made, plan, working


@dataclass
class Listener(Unwatched):
    """Keeps what it is told, and asks to stop after `stop_after` steps."""

    stop_after: int | None = None
    stages: list[str] = field(default_factory=list[str])
    steps: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    previews: list[Pixels] = field(default_factory=list[Pixels])
    checks_since: int = 0

    def check(self) -> None:
        if self.stop_after is not None and len(self.steps) >= self.stop_after:
            self.checks_since += 1
            if self.checks_since > 2:
                raise Cancelled

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def step(self, step: int, steps: int) -> None:
        self.steps.append((step, steps))

    def preview(self, paint: Any, step: int, steps: int) -> None:
        self.previews.append(paint())


@pytest.mark.parametrize("model", ["inpaint", "plain"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes_and_every_step_is_counted(
    tiny: dict[str, StableDiffusion], model: str, kind: str
) -> None:
    watch = Listener()
    given: dict[str, Any] = {"size": (168, 120), "sampler": "Euler a"}
    made, plan, _ = run(tiny[model], kind, watch, **given)
    hires = hires_of(plan)
    assert len(hires.tiles) > 12
    assert made.pixels.shape == (hires.height, hires.width, 3) == (120, 168, 3)
    assert made.pixels.dtype == np.float32 and 0.0 <= made.pixels.min() <= made.pixels.max() <= 1.0
    assert made.steps_run == len(watch.steps)
    assert watch.steps == [(n, made.steps_run) for n in range(1, made.steps_run + 1)]
    assert watch.stages == ["encoding", "denoising", "decoding"]
    assert made.steps_run > 6
    assert run(tiny[model], kind, **given)[0].pixels.tobytes() == made.pixels.tobytes()
    assert run(tiny[model], kind, **given, seed=6)[0].pixels.tobytes() != made.pixels.tobytes()


def test_without_a_first_pass_only_the_tiles_run(tiny: dict[str, StableDiffusion]) -> None:
    made, plan, _ = run(tiny["plain"], "weak img2img", steps=10)
    assert made.steps_run == 3 * len(hires_of(plan).tiles)


@given(st.integers(1, 150))
def test_few_steps_do_not_make_the_second_pass_strong(steps: int) -> None:
    """One step of one would begin with pure noise, and keep nothing of the first pass."""
    first = Generation("", "", 64, 64, 0.6, steps, 3.0, "auto", 5)
    run = second_pass(first, HiresPass(128, 64, (), 32, 8, STRENGTH, True))
    assert 1 <= run.steps_to_run <= run.steps * STRENGTH
    assert run.steps_to_run < run.steps


def test_tiles_without_a_first_pass_have_the_jobs_own_strength() -> None:
    """A removal may be weaker than what was planned for."""
    removal = Generation("", "", 64, 64, 0.6, 10, 3.0, "auto", 5)
    assert second_pass(removal, HiresPass(128, 64, (), 32, 8, 1.0, False)).steps_to_run == 6


@pytest.mark.parametrize("model", ["inpaint", "plain"])
def test_what_no_tile_touches_is_the_documents_own(tiny: dict[str, StableDiffusion], model: str) -> None:
    made, plan, working = run(tiny[model], "inpaint", size=(320, 240), padding=200)
    painted = np.zeros(made.pixels.shape[:2], bool)
    for tile in hires_of(plan).tiles:
        if working.mask[tile.y : tile.bottom, tile.x : tile.right].any():
            painted[tile.y : tile.bottom, tile.x : tile.right] = True
    assert 0 < painted.mean() < 1
    assert np.array_equal(made.pixels[~painted], working.image[~painted])
    assert not np.allclose(made.pixels[working.mask == 1], working.image[working.mask == 1], atol=0.02)


@pytest.mark.parametrize("after", [3, 8, 15])
def test_a_cancel_stops_in_the_first_pass_and_in_the_middle_of_the_tiles(
    tiny: dict[str, StableDiffusion], after: int
) -> None:
    watch = Listener(stop_after=after)
    with pytest.raises(Cancelled):
        run(tiny["plain"], "inpaint", watch)
    assert len(watch.steps) == after < watch.steps[-1][1]


def test_previews_of_tiles_show_the_whole_picture(tiny: dict[str, StableDiffusion]) -> None:
    watch = Listener()
    made, _, _ = run(tiny["plain"], "weak img2img", watch, size=(400, 320))
    height, width = made.pixels.shape[:2]
    small = resize(made.pixels, 256, round(height * 256 / width))
    assert {preview.shape for preview in watch.previews} == {small.shape}
    assert np.abs(watch.previews[-1] / 255 - small)[:64, :64].mean() < 0.01  # finished long before


def test_parts_that_overlap_begin_with_the_same_noise() -> None:
    base = Generation("", "", 64, 64, 0.3, 6, 3.0, "auto", 5)
    left, right = (replace(base, part=Part(160, 96, x, 8)) for x in (0, 32))
    noises = [
        first_noise(given, generator_for(given), 4, 8, torch.device("cpu"), torch.float32) for given in (left, right)
    ]
    assert torch.equal(noises[0][..., 4:], noises[1][..., :-4])
    other = replace(left, seed=6)
    changed = first_noise(other, generator_for(other), 4, 8, torch.device("cpu"), torch.float32)
    assert not torch.equal(changed, noises[0])


def seam(picture: FloatArray, before: FloatArray, hires: HiresPass, edges: tuple[str, ...]) -> float:
    """Log of the mean gradient across the lines where tiles begin ("start") and end, to that across the lines within 8
    pixels of them; each gradient relative to `before`.
    """
    at: list[float] = []
    near: list[float] = []
    for axis, length in ((1, hires.width), (0, hires.height)):
        lines = {(tile.x, tile.right) if axis == 1 else (tile.y, tile.bottom) for tile in hires.tiles}
        new, old = (np.abs(np.diff(array, axis=axis)).mean(axis=(1 - axis, 2)) for array in (picture, before))
        for start, end in lines:
            for edge, name in ((start, "start"), (end, "end")):
                if 0 < edge < length and name in edges:
                    at.append(new[edge - 1] / old[edge - 1])
                    near += list(new[edge - 9 : edge + 8] / old[edge - 9 : edge + 8])
    return float(np.log(np.mean(at) / np.mean(near)))


def test_the_starters_tiles_leave_no_seam_in_a_photo(starter: StableDiffusion) -> None:
    made, plan, working = run(starter, "weak img2img", size=(320, 240), steps=10, guidance_scale=2.0)
    hires = hires_of(plan)
    assert len(hires.tiles) >= 6
    assert abs(seam(made.pixels, working.image, hires, ("start", "end"))) < 0.1
    hard = working.image.copy()
    for tile in hires.tiles:  # the same with tiles that know nothing of each other shows what is avoided
        box = np.s_[tile.y : tile.bottom, tile.x : tile.right]
        alone = Generation("photo of a cat", "", tile.width, tile.height, 0.3, 12, 4.0, "auto", 5)
        alone = replace(alone, image=working.image[box])
        hard[box] = code_of(builtin().named("starter")).generate(starter, alone, Unwatched()).pixels
    assert seam(hard, working.image, hires, ("start",)) > 0.2
