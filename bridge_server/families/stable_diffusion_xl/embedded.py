"""diffusers' pipelines of Stable Diffusion XL, for prompts that have been read already."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl_inpaint import (
    StableDiffusionXLInpaintPipeline,
)


class Embedded:
    """See families.stable_diffusion.embedded.Embedded."""

    def encode_prompt(
        self,
        *_: Any,
        prompt_embeds: torch.Tensor | None = None,
        negative_prompt_embeds: torch.Tensor | None = None,
        pooled_prompt_embeds: torch.Tensor | None = None,
        negative_pooled_prompt_embeds: torch.Tensor | None = None,
        **_options: Any,
    ) -> tuple[Any, Any, Any, Any]:
        return prompt_embeds, negative_prompt_embeds, pooled_prompt_embeds, negative_pooled_prompt_embeds


class TextToImage(Embedded, StableDiffusionXLPipeline):
    pass


class Inpaint(Embedded, StableDiffusionXLInpaintPipeline):
    pass
