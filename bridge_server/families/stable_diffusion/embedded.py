"""diffusers' pipelines of Stable Diffusion, for prompts that have been read and noise that has been drawn already."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import StableDiffusionImg2ImgPipeline
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


class ImageToImage(Embedded, StableDiffusionImg2ImgPipeline):
    pass


class InpaintFromNoise(Embedded, StableDiffusionInpaintPipeline):
    """diffusers' inpaint pipeline for one picture, given as latents; `noise` is set before it is called."""

    noise: torch.Tensor

    def prepare_latents(
        self,
        batch_size: int,
        num_channels_latents: int,
        height: int,
        width: int,
        dtype: torch.dtype,
        device: torch.device,
        generator: Any,
        latents: Any = None,
        image: Any = None,
        timestep: Any = None,
        is_strength_max: bool = True,
        return_noise: bool = False,
        return_image_latents: bool = False,
    ) -> tuple[torch.Tensor, ...]:
        """(latents to begin with, noise) and the picture's latents where they are asked for."""
        noise, own = self.noise.to(device, dtype), image.to(device, dtype)
        if is_strength_max:
            begin = noise * self.scheduler.init_noise_sigma
        else:
            begin = self.scheduler.add_noise(own, noise, timestep)
        return (begin, noise, own) if return_image_latents else (begin, noise)
