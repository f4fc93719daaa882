"""Z-Image: text to image, image to image, inpaint and outpaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline

from ...pipelines.denoise import PLAIN, LatentForm, share_done
from ...pipelines.flow_schedulers import scheduler_by_steps
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from .load import ZImage
from .prompts import read_prompt
from .spec import UNGUIDED


def generate(loaded: ZImage, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(ZImagePainter(loaded, generation), generation, watch)


@dataclass(frozen=True)
class ZImagePainter:
    """See pipelines.paint.FamilyPainter."""

    loaded: ZImage
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
        pipeline: Any = ZImagePipeline(**self.loaded.parts, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        guidance = UNGUIDED if self.loaded.is_distilled else max(UNGUIDED, guidance_of(generation))
        texts = [generation.prompt, generation.negative_prompt][: 2 if guidance > GUIDED_ABOVE else 1]
        parts = self.loaded.parts
        device = self.loaded.device.torch
        read = [read_prompt(parts["tokenizer"], parts["text_encoder"], text, device) for text in texts]
        unread = " ".join(one.unread for one in read if one.unread)
        distilled = self.loaded.is_distilled
        warn_of_prompts(generation, unread, generation.guidance_scale > GUIDED_ABOVE, watch, distilled=distilled)
        return {
            "prompt_embeds": [read[0].embeddings],
            "negative_prompt_embeds": [one.embeddings for one in read[1:]],
            "guidance_scale": guidance - UNGUIDED,
            "cfg_normalization": self.loaded.normalization,
            "cfg_truncation": self.loaded.truncation,
        }

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
