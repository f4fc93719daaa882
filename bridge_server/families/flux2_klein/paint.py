"""FLUX.2 Klein: text to image, image to image, inpaint and outpaint, with references."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from ...edit.resample import resize
from ...pipelines.denoise import LatentForm, share_done
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from ...pipelines.samplers import make_scheduler
from .embedded import Given, Reference, TextToImage
from .load import Klein
from .prompts import read_prompt

PATCH = 2  # values of the autoencoder to a token, on each side
REFERENCE_PIXELS = 1024 * 1024  # of a reference at most, as diffusers' pipeline


def generate(loaded: Klein, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(KleinPainter(loaded, generation), generation, watch)


@dataclass(frozen=True)
class KleinPainter:
    """See pipelines.paint.FamilyPainter. Latents are of 2x2 patches, normalised by the autoencoder's statistics."""

    loaded: Klein
    generation: Generation
    trained_masked: bool = False

    @property
    def channels(self) -> int:
        return self.loaded.mean.shape[1]

    @property
    def factor(self) -> int:
        return self.loaded.factor

    @property
    def form(self) -> LatentForm:
        height, width = (side // self.factor for side in (self.generation.height, self.generation.width))
        return LatentForm(
            inside=lambda latents: latents.flatten(2).transpose(1, 2),
            back=lambda tokens: tokens.transpose(1, 2).reshape(1, self.channels, height, width),
        )

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        return make_scheduler(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        pipeline: Any = TextToImage(**self.loaded.parts, scheduler=scheduler, is_distilled=self.loaded.is_distilled)
        pipeline.image_processor = Given()
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        guidance = 1.0 if self.loaded.is_distilled else guidance_of(generation)
        texts = [generation.prompt, generation.negative_prompt][: 2 if guidance > GUIDED_ABOVE else 1]
        parts = self.loaded.parts
        device = self.loaded.device.torch
        read = [read_prompt(parts["tokenizer"], parts["text_encoder"], text, device) for text in texts]
        unread = " ".join(one.unread for one in read if one.unread)
        distilled = self.loaded.is_distilled
        warn_of_prompts(generation, unread, generation.guidance_scale > GUIDED_ABOVE, watch, distilled=distilled)
        return {
            "prompt_embeds": read[0].embeddings,
            "negative_prompt_embeds": read[1].embeddings if len(read) > 1 else None,
            "guidance_scale": guidance,
        }

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        """What is kept around a mask is the first reference, as in diffusers' Flux2KleinInpaintPipeline: the first of
        few steps would see nothing of it else.
        """
        size = {"width": generation.width, "height": generation.height}
        seen = [self._reference(picture) for picture in generation.references]
        if own is not None and not generation.paints_everything:
            seen.insert(0, Reference(own, (generation.width, generation.height)))
        return {**size, "image": seen} if seen else size

    def done(self, generation: Generation, evaluation: int, evaluations: int) -> float:
        return share_done(evaluation, evaluations)

    def preview(self, latents: torch.Tensor) -> Pixels:
        return latents_to_rgb(self._raw(latents[None])[0], self.loaded.latent_rgb, self.factor // PATCH)

    def encode(self, image: FloatArray) -> torch.Tensor:
        values = encode_image(self.loaded.vae, image, self.loaded.device.torch)
        return (pixel_unshuffle(values, PATCH) - self.loaded.mean) / self.loaded.deviation

    def decode(self, latents: torch.Tensor) -> FloatArray:
        return decode_latents(self.loaded.vae, self._raw(latents))

    def check(self, pipeline: Any, pixels: FloatArray) -> None:
        """It has no safety checker."""

    def _raw(self, latents: torch.Tensor) -> torch.Tensor:
        """(1, channels, h, w) -> (1, channels / 4, 2h, 2w): as the autoencoder has them."""
        mean, deviation = (tensor.to(latents.device) for tensor in (self.loaded.mean, self.loaded.deviation))
        return pixel_shuffle(latents.float() * deviation + mean, PATCH)

    def _reference(self, picture: FloatArray) -> Reference:
        fitted = fitted_reference(picture, self.factor)
        return Reference(self.encode(fitted), (fitted.shape[1], fitted.shape[0]))


def fitted_reference(picture: FloatArray, cell: int) -> FloatArray:
    """(h, w, 3) -> the same within REFERENCE_PIXELS, cut in its middle to whole cells, and one cell at least."""
    height, width = picture.shape[:2]
    scale = min(1.0, math.sqrt(REFERENCE_PIXELS / (height * width)))
    sides = [max(cell, int(side * scale)) for side in (height, width)]
    picture = resize(picture, sides[1], sides[0])
    top, left = (side % cell // 2 for side in sides)
    return picture[top : top + sides[0] // cell * cell, left : left + sides[1] // cell * cell]
