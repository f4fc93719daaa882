"""One denoising for every family: its own text-to-image pipeline, begun at a noised picture, kept outside a soft mask.

Which latents the pipeline takes and shows differs by family, and so do its arguments: `Denoising` has them. Text to
image, image to image, inpaint and outpaint are the same loop, and so are previews and cancelling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..families.base import Schedule as ScheduleKind
from .generation import Pixels, Watch
from .schedules import Schedule
from .softmask import free_at

Reshape = Callable[[torch.Tensor], torch.Tensor]


def _same(latents: torch.Tensor) -> torch.Tensor:
    return latents


@dataclass(frozen=True)
class LatentForm:
    """How a pipeline holds what is (1, channels, h, w) elsewhere: each value has its place, and none is changed.

    given: what it takes as `latents`. inside: what it shows its callback. back: (1, channels, h, w) of that.
    """

    given: Reshape = _same
    inside: Reshape = _same
    back: Reshape = _same


PLAIN = LatentForm()


def share_done(evaluation: int, evaluations: int) -> float:
    """Of the run, when so many of its evaluations (from 1) are finished: 0..1."""
    return evaluation / evaluations


@dataclass(frozen=True)
class Finish:
    """The end of a run that another model does. pipeline, arguments: as Denoising's. start: of the training's schedule,
    0..1, where it takes over.
    """

    pipeline: Any
    arguments: Mapping[str, Any]
    start: float


@dataclass(frozen=True)
class Denoising:
    """One run, ready to begin.

    pipeline: a diffusers pipeline with this run's own scheduler, since they keep state. arguments: all that it is
    called with but latents, number of steps, generator, callback and kind of output. noise: (1, channels, h, w).
    own: the picture's latents, of that shape, or None. mask: (1, 1, h, w) in 0..1, 1 = repaint; None: everything.
    steps: of the whole schedule; run: how many of them run, its last. preview: a small picture of (channels, h, w)
    latents. done: how far a soft mask has grown after an evaluation of the model. finish: None: it does all steps.
    """

    pipeline: Any
    kind: ScheduleKind
    arguments: Mapping[str, Any]
    noise: torch.Tensor
    own: torch.Tensor | None
    mask: torch.Tensor | None
    steps: int
    run: int
    preview: Callable[[torch.Tensor], Pixels]
    form: LatentForm = PLAIN
    done: Callable[[int, int], float] = share_done
    finish: Finish | None = None


def denoise(job: Denoising, generator: torch.Generator, watch: Watch) -> torch.Tensor:
    """The finished latents, (1, channels, h, w). generator: for the noise that samplers add on their way.

    Raises Cancelled, and whatever the pipeline raises.
    """
    schedule = Schedule(job.pipeline.scheduler, job.kind, job.steps, job.run, generator)
    job.pipeline.scheduler = schedule
    first = _Part(job.pipeline, job.arguments, schedule)
    follower = _Follower(job, watch)
    start = job.noise
    begins_there = job.own is not None and job.run < job.steps
    if begins_there or job.finish is not None:
        with schedule.only_asked():
            first.paint(job, start, torch.Generator().manual_seed(0), follower)
    if job.own is not None and begins_there:
        start = schedule.noised(job.own, job.noise, 0)
    latents = start
    for part in _parts(job, first):
        part.paint(job, latents, generator, follower)
        latents = follower.finished()
    return latents


@dataclass(frozen=True)
class _Part:
    """Steps of a run that one model does."""

    pipeline: Any
    arguments: Mapping[str, Any]
    schedule: Schedule

    def paint(self, job: Denoising, latents: torch.Tensor, noise: torch.Generator, follower: _Follower) -> None:
        self.pipeline(
            **self.arguments,
            latents=job.form.given(latents),
            num_inference_steps=job.steps,
            generator=noise,
            output_type="latent",
            callback_on_step_end=lambda _pipeline, index, _timestep, tensors: follower.follow(
                self.schedule, index, tensors
            ),
        )


def _parts(job: Denoising, first: _Part) -> list[_Part]:
    """In turn; of a model that has no step to do, none. The schedule of the first is known where another finishes."""
    finish = job.finish
    if finish is None:
        return [first]
    before, all_of_it = first.schedule.before(finish.start), len(first.schedule.timesteps)
    if before == all_of_it:
        return [first]
    last = Schedule(finish.pipeline.scheduler, job.kind, job.steps, job.run)
    finish.pipeline.scheduler = last
    first.schedule.ends_after(before)
    last.begins_after(before)
    return [*([first] if before else []), _Part(finish.pipeline, finish.arguments, last)]


class _Follower:
    """The pipeline's callback after each evaluation: progress, preview, cancel, and what is kept.

    A sampler may evaluate the model more often than it has steps (Heun twice a step, PNDM once more in all).
    """

    def __init__(self, job: Denoising, watch: Watch) -> None:
        self._job = job
        self._watch = watch
        self._reported = 0
        self._latents: torch.Tensor | None = None
        self._kept = None if job.own is None or job.mask is None else job.form.inside(job.own)
        self._noise = job.form.inside(job.noise)

    def follow(self, schedule: Schedule, index: int, tensors: dict[str, Any]) -> dict[str, Any]:
        """schedule, index: of the part that runs."""
        self._watch.check()
        job, count = self._job, schedule.evaluations
        latents: torch.Tensor = tensors["latents"]
        evaluation = schedule.done_by_others + index + 1
        if self._kept is not None and job.mask is not None:
            free = free_at(job.mask, min(1.0, job.done(evaluation, count)))
            free = job.form.inside(free.expand_as(job.noise)).to(latents)
            kept = schedule.noised(self._kept, self._noise, index + 1).to(latents)
            latents = free * latents + (1 - free) * kept
        self._latents = latents
        last = evaluation >= count
        step = evaluation * job.run // count
        if step > self._reported:
            self._reported = step
            self._watch.step(step, job.run)
            self._watch.preview(lambda: self._preview(latents if last else schedule.original()), step, job.run)
        return {"latents": latents}

    def finished(self) -> torch.Tensor:
        if self._latents is None:
            raise RuntimeError("the pipeline ended without a step")
        return self._job.form.back(self._latents)

    def _preview(self, latents: torch.Tensor | None) -> Pixels:
        if latents is None:
            raise RuntimeError("a step ended before the scheduler ran")
        return self._job.preview(self._job.form.back(latents)[0])
