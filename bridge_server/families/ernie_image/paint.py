"""ERNIE-Image: text to image, image to image, inpaint and outpaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.pipelines.ernie_image.pipeline_ernie_image import ErnieImagePipeline

from ...pipelines.denoise import PLAIN, LatentForm
from ...pipelines.flow_schedulers import scheduler_by_steps
from ...pipelines.generation import Generation, Picture, Watch
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from ..flux2_klein.load import Klein
from ..flux2_klein.paint import KleinPainter
from .prompts import read_prompt


def generate(loaded: Klein, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(ErniePainter(loaded, generation), generation, watch)


@dataclass(frozen=True)
class ErniePainter(KleinPainter):
    """Latents are FLUX.2 Klein's, and the pipeline has them as they are."""

    @property
    def form(self) -> LatentForm:
        return PLAIN

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        return scheduler_by_steps(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        pipeline: Any = ErnieImagePipeline(**self.loaded.parts, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        distilled = self.loaded.is_distilled
        guidance = 1.0 if distilled else guidance_of(generation)
        texts = [generation.prompt, generation.negative_prompt][: 2 if guidance > GUIDED_ABOVE else 1]
        parts, device = self.loaded.parts, self.loaded.device.torch
        read = [read_prompt(parts["tokenizer"], parts["text_encoder"], text, device) for text in texts]
        unread = " ".join(one.unread for one in read if one.unread)
        warn_of_prompts(generation, unread, generation.guidance_scale > GUIDED_ABOVE, watch, distilled=distilled)
        return {
            "prompt_embeds": [read[0].embeddings],
            "negative_prompt_embeds": [one.embeddings for one in read[1:]] or None,
            "guidance_scale": guidance,
        }

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        return {"width": generation.width, "height": generation.height}
