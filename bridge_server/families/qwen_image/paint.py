"""Qwen-Image: text to image, image to image, inpaint and outpaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from ...pipelines.denoise import LatentForm, share_done
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import channels_of, decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from ...pipelines.samplers import make_scheduler
from .load import QwenImage
from .prompts import read_prompt

PATCH = 2  # values of the autoencoder to a token, on each side


def generate(loaded: QwenImage, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(QwenPainter(loaded, generation), generation, watch)


@dataclass(frozen=True)
class QwenPainter:
    """See pipelines.paint.FamilyPainter. The pipeline has latents as tokens of 2x2 values."""

    loaded: QwenImage
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
        height, width = (side // cell for side in (self.generation.height, self.generation.width))

        def back(tokens: torch.Tensor) -> torch.Tensor:
            return pixel_shuffle(tokens.transpose(1, 2).reshape(1, -1, height, width), PATCH)

        return LatentForm(as_tokens, as_tokens, back)

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        config = loaded.scheduler_config
        if generation.steps == 1:  # its end is its beginning, and diffusers divides by nothing
            config = {**config, "shift_terminal": None}
        return make_scheduler(wanted, loaded.spec.samplers, config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        pipeline: Any = QwenImagePipeline(**self.loaded.parts, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        guidance = guidance_of(generation)
        parts = self.loaded.parts
        device = self.loaded.device.torch
        read = read_prompt(parts["tokenizer"], parts["text_encoder"], generation.prompt, device)
        unread = read.unread
        told: dict[str, Any] = {
            "prompt_embeds": read.embeddings,
            "prompt_embeds_mask": read.mask,
            "true_cfg_scale": guidance,
        }
        if guidance > GUIDED_ABOVE:
            avoided = read_prompt(parts["tokenizer"], parts["text_encoder"], generation.negative_prompt, device)
            unread = " ".join(one for one in (unread, avoided.unread) if one)
            told |= {
                "negative_prompt_embeds": avoided.embeddings,
                "negative_prompt_embeds_mask": avoided.mask,
            }
        warn_of_prompts(generation, unread, generation.guidance_scale > GUIDED_ABOVE, watch)
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


def as_tokens(latents: torch.Tensor) -> torch.Tensor:
    """(1, channels, h, w) -> (1, h / 2 * w / 2, 4 * channels)."""
    return pixel_unshuffle(latents, PATCH).flatten(2).transpose(1, 2)
