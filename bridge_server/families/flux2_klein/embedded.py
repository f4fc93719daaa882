"""diffusers' pipeline of FLUX.2 Klein, for prompts and references that have been read already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline


@dataclass(frozen=True)
class Reference:
    """latents: (1, channels, h, w), normalised. size: width and height of its picture in pixels, as of PIL's."""

    latents: torch.Tensor
    size: tuple[int, int]


class TextToImage(Flux2KleinPipeline):
    """Takes `Reference`s as `image`, once its `image_processor` is a `Given`: diffusers' own takes pictures of 8
    bits.
    """

    def _encode_vae_image(self, image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return image


class Given:
    """In the place of what scales and cuts pictures."""

    def check_image_input(self, image: Reference) -> Reference:
        return image

    def preprocess(self, image: Reference, **_: Any) -> torch.Tensor:
        return image.latents
