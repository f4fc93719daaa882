"""A tiny pipeline of diffusers, run by `denoise` and by diffusers' own pipelines on the same latents and noise."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from bridge_server.families.base import Component
from bridge_server.families.base import Schedule as ScheduleKind
from bridge_server.pipelines.cancel import cancellable, layers_of
from bridge_server.pipelines.denoise import PLAIN, Denoising, LatentForm, denoise
from bridge_server.pipelines.generation import Pixels, Unwatched, Watch

SIDE = 32
STEPS, RUN = 10, 6


@dataclass(frozen=True)
class Published:
    """make: a pipeline of a class with a scheduler. text, image, inpaint: classes of diffusers. samplers: fresh
    schedulers by name. call: arguments, of which each pipeline takes those it knows. factor: pixels to a latent value.
    encode: (1, 3, h, w) in 0..1 -> latents. blocks: lists of layers of the denoiser.
    """

    kind: ScheduleKind
    denoiser: torch.nn.Module
    blocks: tuple[str, ...]
    make: Callable[[Any, Any], Any]
    text: Any
    samplers: Mapping[str, Callable[[], Any]]
    call: Mapping[str, Any]
    channels: int
    factor: int
    encode: Callable[[torch.Tensor], torch.Tensor]
    image: Any = None
    inpaint: Any = None
    form: LatentForm = PLAIN
    side: int = SIDE

    @property
    def picture(self) -> torch.Tensor:
        """(1, 3, side, side) in 0..1, of 8 bits, since some pipelines read their pictures so."""
        noise = torch.rand(1, 3, self.side, self.side, generator=torch.Generator().manual_seed(7))
        return (noise * 255).round() / 255

    @property
    def right_half(self) -> torch.Tensor:
        """(1, 1, side, side): a hard mask."""
        mask = torch.zeros(1, 1, self.side, self.side)
        mask[..., self.side // 2 :] = 1
        return mask

    def strips(self, *values: float) -> torch.Tensor:
        """(1, 1, h, w) of latents: so many upright strips."""
        width = self.side // self.factor
        row = torch.tensor(values).repeat_interleave(width // len(values))
        return row[None, None, None].repeat(1, 1, width, 1)


def quiet(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@torch.no_grad()
def latents_of_picture(family: Published) -> torch.Tensor:
    return family.encode(family.picture * 2 - 1)


def ours(
    family: Published,
    sampler: str,
    *,
    own: torch.Tensor | None = None,
    mask: torch.Tensor | None = None,
    seed: int = 1,
    run: int = RUN,
    watch: Watch | None = None,
    **more: Any,
) -> torch.Tensor:
    """(1, channels, h, w): what `denoise` makes of the picture's latents. mask: of latents. more: arguments."""
    pipeline = family.make(family.text, family.samplers[sampler]())
    generator = torch.Generator().manual_seed(seed)
    side = family.side // family.factor
    known = inspect.signature(family.text.__call__).parameters
    watch = watch or Unwatched()
    job = Denoising(
        pipeline=pipeline,
        kind=family.kind,
        arguments={name: value for name, value in (family.call | more).items() if name in known},
        noise=torch.randn(1, family.channels, side, side, generator=generator),
        own=own,
        mask=mask,
        steps=STEPS,
        run=run,
        preview=_gray,
        form=family.form,
    )
    components = {"denoiser": Component(frozenset(), blocks=family.blocks)}
    watch.stage("denoising")
    with torch.no_grad(), cancellable(layers_of({"denoiser": family.denoiser}, components), watch.check):
        return denoise(job, generator, watch)


def theirs(family: Published, sampler: str, kind: Any, **given: Any) -> torch.Tensor:
    """(1, channels, h, w): what diffusers' own pipeline of this class makes of the picture."""
    pipeline = family.make(kind, family.samplers[sampler]())
    known = inspect.signature(kind.__call__).parameters
    made = pipeline(
        image=family.picture,
        strength=RUN / STEPS,
        num_inference_steps=STEPS,
        generator=torch.Generator().manual_seed(1),
        output_type="latent",
        **{name: value for name, value in family.call.items() if name in known},
        **given,
    ).images
    return family.form.back(made)


def _gray(latents: torch.Tensor) -> Pixels:
    """(h, w, 3): enough to tell previews apart."""
    gray = (latents.float().mean(0) * 40 + 128).clamp(0, 255).byte().numpy()
    return np.repeat(gray[..., None], 3, axis=2)
