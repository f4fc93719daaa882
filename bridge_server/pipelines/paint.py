"""What every family's `generate` is: read the prompt, encode, denoise, decode, watched and stopped alike."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch

from ..edit.fill.removal import with_texture
from ..families.references import check_references
from .adapters import added
from .cancel import cancellable, layers_of
from .denoise import Denoising, Finish, LatentForm, denoise
from .family import Loaded
from .generation import FloatArray, Generation, Picture, Pixels, Unwatched, Watch
from .memory import BETWEEN
from .noise import first_noise, generator_for
from .softmask import hard_latents, latent_mask


class FamilyPainter(Protocol):
    """A loaded model as `paint` asks it: all that differs by family. Latents are (1, channels, h, w), scaled as the
    denoiser wants them.
    """

    @property
    def loaded(self) -> Loaded: ...

    @property
    def channels(self) -> int:
        """Of latents."""
        ...

    @property
    def factor(self) -> int:
        """Pixels to a latent value, on each side."""
        ...

    @property
    def form(self) -> LatentForm: ...

    @property
    def trained_masked(self) -> bool:
        """Whether `arguments` show the denoiser the picture and the mask; what is outside is kept all the same."""
        ...

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        """A fresh one, and the sampler's name. Raises BridgeError(unsupported)."""
        ...

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        """The family's text-to-image pipeline, or one for the model's kind that goes the whole schedule as well; its
        parts are on the device, or are moved there when it runs.
        """
        ...

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        """The pipeline's arguments that come from the prompts, guidance included."""
        ...

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        """The pipeline's further arguments: sizes, what a model trained with masks is shown, and references."""
        ...

    def done(self, generation: Generation, evaluation: int, evaluations: int) -> float:
        """See Denoising.done."""
        ...

    def preview(self, latents: torch.Tensor) -> Pixels:
        """A small picture of (channels, h, w); see pipelines/previews.py."""
        ...

    def encode(self, image: FloatArray) -> torch.Tensor: ...

    def decode(self, latents: torch.Tensor) -> FloatArray: ...

    def check(self, pipeline: Any, pixels: FloatArray) -> None:
        """Raises BridgeError(safety_blocked) where the model refuses its own picture."""
        ...


@dataclass(frozen=True)
class Finisher:
    """What paints the end of a run. start: of the training's schedule, 0..1, where it takes over."""

    painter: FamilyPainter
    start: float


def paint(painter: FamilyPainter, generation: Generation, watch: Watch, finisher: Finisher | None = None) -> Picture:
    """See pipelines.family.FamilyModel.generate. finisher: None: the painter paints it all."""
    watch.check()
    loaded = painter.loaded
    check_references(loaded.spec, len(generation.references), loaded.ref.name)
    scheduler, sampler = painter.scheduler(generation)
    generator = generator_for(generation)
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(added(loaded, generation.adapters, watch))
        stack.enter_context(cancellable(layers_of(loaded.parts, loaded.spec.components), watch.check))
        pipeline = painter.pipeline(generation, scheduler)
        stack.callback(pipeline.maybe_free_model_hooks)
        watch.stage("encoding")
        prompts = painter.read_prompts(generation, watch)
        own = _own_latents(painter, generation)
        job = Denoising(
            pipeline=pipeline,
            kind=loaded.spec.schedule,
            arguments=prompts | painter.arguments(pipeline, generation, own),
            noise=first_noise(generation, generator, painter.channels, painter.factor, loaded.device.torch, BETWEEN),
            own=own,
            mask=_soft_mask(painter, generation),
            steps=generation.steps,
            run=generation.steps_to_run,
            preview=painter.preview,
            form=painter.form,
            done=partial(painter.done, generation),
            finish=None if finisher is None else _finish(finisher, generation, watch, stack),
        )
        watch.check()
        watch.stage("denoising")
        latents = denoise(job, generator, watch)
        watch.check()
        watch.stage("decoding")
        pixels = painter.decode(latents)
        if generation.keeps_start and own is not None:
            pixels = _start_kept(painter, generation, own, pixels)
        painter.check(pipeline, pixels)
    watch.check()
    return Picture(pixels, generation.steps_to_run, sampler)


def _finish(finisher: Finisher, generation: Generation, watch: Watch, stack: ExitStack) -> Finish:
    """Its prompts are read before the run, and what its offloading has brought to the device for that goes again."""
    painter = finisher.painter
    loaded = painter.loaded
    stack.enter_context(cancellable(layers_of(loaded.parts, loaded.spec.components), watch.check))
    pipeline = painter.pipeline(generation, painter.scheduler(generation)[0])
    stack.callback(pipeline.maybe_free_model_hooks)
    prompts = painter.read_prompts(generation, Unwatched())  # what there is to be told has been
    pipeline.maybe_free_model_hooks()
    return Finish(pipeline, prompts | painter.arguments(pipeline, generation, None), finisher.start)


def _own_latents(painter: FamilyPainter, generation: Generation) -> torch.Tensor | None:
    """None where nothing of the picture is read."""
    image = generation.image
    if image is None:
        return None
    begins_there = generation.steps_to_run < generation.steps
    is_kept = generation.part is not None or not generation.paints_everything
    if not (begins_there or is_kept or painter.trained_masked):
        return None
    return painter.encode(image).to(painter.loaded.device.torch, BETWEEN)


def _soft_mask(painter: FamilyPainter, generation: Generation) -> torch.Tensor | None:
    if generation.mask is None or generation.paints_everything:
        return None
    soft = latent_mask(generation.mask, painter.factor).to(painter.loaded.device.torch, BETWEEN)
    return soft if generation.soft_mask else hard_latents(soft)


def _start_kept(painter: FamilyPainter, generation: Generation, own: torch.Tensor, pixels: FloatArray) -> FloatArray:
    """See Generation.keeps_start."""
    image = generation.image
    if image is None:
        return pixels
    if generation.detail is not None:
        return with_texture(image, pixels, generation.detail)
    kept = image + (pixels - painter.decode(own))
    return np.clip(kept, 0.0, 1.0, dtype=np.float32)
