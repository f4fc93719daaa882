"""Chroma: text to image, image to image, inpaint and outpaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.pipelines.chroma.pipeline_chroma import ChromaPipeline

from ...pipelines.denoise import LatentForm, share_done
from ...pipelines.flow_schedulers import scheduler_by_steps
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import channels_of, decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from ...pipelines.tokens import PATCH, token_form
from .load import Chroma
from .prompts import read_prompt
from .spec import UNGUIDED


def generate(loaded: Chroma, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(ChromaPainter(loaded, generation), generation, watch)


class AllHeard(ChromaPipeline):
    """For prompts without tokens that are not to be heard: where nothing is left out, a mask only costs time."""

    def _prepare_attention_mask(self, *_arguments: Any, **_options: Any) -> None:
        return None


@dataclass(frozen=True)
class ChromaPainter:
    """See pipelines.paint.FamilyPainter. The pipeline has latents as tokens of 2x2 values."""

    loaded: Chroma
    generation: Generation
    trained_masked: bool = False

    @property
    def channels(self) -> int:
        return channels_of(self.loaded.vae)

    @property
    def factor(self) -> int:
        return self.loaded.factor

    @property
    def form(self) -> LatentForm:
        cell = self.factor * PATCH
        return token_form(self.generation.height // cell, self.generation.width // cell)

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        return scheduler_by_steps(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        pipeline: Any = AllHeard(**self.loaded.parts, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        loaded = self.loaded
        guidance = UNGUIDED if loaded.is_distilled else max(UNGUIDED, guidance_of(generation))
        texts = [generation.prompt, generation.negative_prompt][: 2 if guidance > GUIDED_ABOVE else 1]
        reader, tokens = (loaded.parts["tokenizer"], loaded.parts["text_encoder"]), loaded.spec.text.tokens
        read = [read_prompt(*reader, text, tokens, loaded.device.torch) for text in texts]
        unread = " ".join(one.unread for one in read if one.unread)
        guided = generation.guidance_scale > GUIDED_ABOVE
        warn_of_prompts(generation, unread, guided, watch, distilled=loaded.is_distilled)
        told: dict[str, Any] = {"guidance_scale": guidance}
        for name, one in zip(("prompt", "negative_prompt"), read, strict=False):
            told |= {f"{name}_embeds": one.words, f"{name}_attention_mask": one.mask}
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
