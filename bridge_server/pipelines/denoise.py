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
class Denoising:
    """One run, ready to begin.

    pipeline: a diffusers pipeline with this run's own scheduler, since they keep state. arguments: all that it is
    called with but latents, number of steps, generator, callback and kind of output. noise: (1, channels, h, w).
    own: the picture's latents, of that shape, or None. mask: (1, 1, h, w) in 0..1, 1 = repaint; None: everything.
    steps: of the whole schedule; run: how many of them run, its last. preview: a small picture of (channels, h, w)
    latents. done: how far a soft mask has grown after an evaluation of the model.
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


def denoise(job: Denoising, generator: torch.Generator, watch: Watch) -> torch.Tensor:
    """The finished latents, (1, channels, h, w). generator: for the noise that samplers add on their way.

    Raises Cancelled, and whatever the pipeline raises.
    """
    schedule = Schedule(job.pipeline.scheduler, job.kind, job.steps, job.run)
    job.pipeline.scheduler = schedule
    follower = _Follower(job, schedule, watch)

    def paint(latents: torch.Tensor, noise: torch.Generator) -> None:
        job.pipeline(
            **job.arguments,
            latents=job.form.given(latents),
            num_inference_steps=job.steps,
            generator=noise,
            output_type="latent",
            callback_on_step_end=follower.follow,
        )

    start = job.noise
    if job.own is not None and job.run < job.steps:
        with schedule.only_asked():
            paint(start, torch.Generator().manual_seed(0))
        start = schedule.noised(job.own, job.noise, 0)
    paint(start, generator)
    return follower.finished()


class _Follower:
    """The pipeline's callback after each evaluation: progress, preview, cancel, and what is kept.

    A sampler may evaluate the model more often than it has steps (Heun twice a step, PNDM once more in all).
    """

    def __init__(self, job: Denoising, schedule: Schedule, watch: Watch) -> None:
        self._job = job
        self._schedule = schedule
        self._watch = watch
        self._reported = 0
        self._latents: torch.Tensor | None = None
        self._kept = None if job.own is None or job.mask is None else job.form.inside(job.own)
        self._noise = job.form.inside(job.noise)

    def follow(self, _pipeline: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        self._watch.check()
        job, count = self._job, len(self._schedule.timesteps)
        latents: torch.Tensor = tensors["latents"]
        if self._kept is not None and job.mask is not None:
            latents = self._blended(latents, self._kept, job.mask, index + 1, count)
        self._latents = latents
        last = index + 1 >= count
        step = (index + 1) * job.run // count
        if step > self._reported:
            self._reported = step
            self._watch.step(step, job.run)
            self._watch.preview(lambda: self._preview(latents if last else self._schedule.original()), step, job.run)
        return {"latents": latents}

    def finished(self) -> torch.Tensor:
        if self._latents is None:
            raise RuntimeError("the pipeline ended without a step")
        return self._job.form.back(self._latents)

    def _blended(
        self, latents: torch.Tensor, own: torch.Tensor, mask: torch.Tensor, finished: int, count: int
    ) -> torch.Tensor:
        free = free_at(mask, min(1.0, self._job.done(finished, count)))
        free = self._job.form.inside(free.expand_as(self._job.noise)).to(latents)
        kept = self._schedule.noised(own, self._noise, finished).to(latents)
        return free * latents + (1 - free) * kept

    def _preview(self, latents: torch.Tensor | None) -> Pixels:
        if latents is None:
            raise RuntimeError("a step ended before the scheduler ran")
        return self._job.preview(self._job.form.back(latents)[0])
