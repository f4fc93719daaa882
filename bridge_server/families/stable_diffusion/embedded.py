"""diffusers' pipelines of Stable Diffusion, for prompts that have been read already."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import StableDiffusionInpaintPipeline


class Embedded:
    """Leaves the embeddings as they are given. diffusers converts them to the text encoder's precision, and noise and
    latents take that of the embeddings."""

    def encode_prompt(
        self,
        *_: Any,
        prompt_embeds: torch.Tensor | None = None,
        negative_prompt_embeds: torch.Tensor | None = None,
        **_options: Any,
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        return prompt_embeds, negative_prompt_embeds


class TextToImage(Embedded, StableDiffusionPipeline):
    pass


class Inpaint(Embedded, StableDiffusionInpaintPipeline):
    pass
