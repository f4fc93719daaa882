"""Stable Diffusion 3: text to image, image to image, inpaint and outpaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3 import StableDiffusion3Pipeline

from ...pipelines.denoise import PLAIN, LatentForm, share_done
from ...pipelines.flow_schedulers import scheduler_by_steps
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from .load import WITHOUT, StableDiffusion3
from .prompts import read_prompt


def generate(loaded: StableDiffusion3, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(Painter(loaded, generation), generation, watch)


@dataclass(frozen=True)
class Painter:
    """See pipelines.paint.FamilyPainter."""

    loaded: StableDiffusion3
    generation: Generation
    trained_masked: bool = False
    form: LatentForm = PLAIN

    @property
    def channels(self) -> int:
        return self.loaded.vae.config.latent_channels

    @property
    def factor(self) -> int:
        return self.loaded.factor

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        return scheduler_by_steps(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        absent: dict[str, Any] = {name: None for name in WITHOUT if name not in self.loaded.parts}
        pipeline: Any = StableDiffusion3Pipeline(**self.loaded.parts, **absent, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        guidance = guidance_of(generation)
        texts = [generation.prompt, generation.negative_prompt][: 2 if guidance > GUIDED_ABOVE else 1]
        parts, device = self.loaded.parts, self.loaded.device.torch
        width = parts["transformer"].config.joint_attention_dim
        read = [read_prompt(parts, text, width, device) for text in texts]
        unread = " ".join(one.unread for one in read if one.unread)
        warn_of_prompts(generation, unread, generation.guidance_scale > GUIDED_ABOVE, watch)
        told: dict[str, Any] = {"guidance_scale": guidance}
        for before, one in zip(("", "negative_"), read, strict=False):
            told |= {f"{before}prompt_embeds": one.words, f"{before}pooled_prompt_embeds": one.summary}
        return told

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        return {"width": generation.width, "height": generation.height}

    def done(self, generation: Generation, evaluation: int, evaluations: int) -> float:
        return share_done(evaluation, evaluations)

    def preview(self, latents: torch.Tensor) -> Pixels:
        return latents_to_rgb(latents, self.loaded.latent_rgb, self.factor)

    def encode(self, image: FloatArray) -> torch.Tensor:
        return encode_image(self.loaded.vae, image, self.loaded.device.torch)

    def decode(self, latents: torch.Tensor) -> FloatArray:
        return decode_latents(self.loaded.vae, latents)

    def check(self, pipeline: Any, pixels: FloatArray) -> None:
        """It has no safety checker."""
