"""Krea 2: text to image, image to image, inpaint and outpaint, all through diffusers' text to image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.pipelines.krea2.pipeline_krea2 import Krea2Pipeline

from ...pipelines.denoise import LatentForm, share_done
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import channels_of, decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from ...pipelines.samplers import make_scheduler
from ...pipelines.tokens import PATCH, token_form
from .load import Krea2
from .prompts import read_prompt
from .spec import UNGUIDED


def generate(loaded: Krea2, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(KreaPainter(loaded, generation), generation, watch)


@dataclass(frozen=True)
class KreaPainter:
    """See pipelines.paint.FamilyPainter. The pipeline has latents as tokens of 2x2 values."""

    loaded: Krea2
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
        return make_scheduler(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        loaded = self.loaded
        pipeline: Any = Krea2Pipeline(
            **loaded.parts,
            scheduler=scheduler,
            text_encoder_select_layers=loaded.layers_read,
            is_distilled=loaded.is_distilled,
        )
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, loaded.device, loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        loaded = self.loaded
        guidance = UNGUIDED if loaded.is_distilled else max(UNGUIDED, guidance_of(generation))
        texts = [generation.prompt, generation.negative_prompt][: 2 if guidance > GUIDED_ABOVE else 1]
        reader = loaded.parts["tokenizer"], loaded.parts["text_encoder"]
        read = [read_prompt(*reader, text, loaded.device.torch, loaded.layers_read) for text in texts]
        unread = " ".join(one.unread for one in read if one.unread)
        guided = generation.guidance_scale > GUIDED_ABOVE
        warn_of_prompts(generation, unread, guided, watch, distilled=loaded.is_distilled)
        length = max(one.embeddings.shape[1] for one in read)  # diffusers numbers the tokens of both prompts once
        told: dict[str, Any] = {"guidance_scale": guidance - UNGUIDED}
        for name, one in zip(("prompt", "negative_prompt"), read, strict=False):
            told |= {f"{name}_embeds": one.filled(length), f"{name}_embeds_mask": one.mask(length)}
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
