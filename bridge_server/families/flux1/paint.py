"""FLUX.1: text to image, image to image, inpaint and outpaint; Fill with what is around a mask, Kontext with pictures
that it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.pipelines.flux.pipeline_flux_kontext import PREFERRED_KONTEXT_RESOLUTIONS
from torch.nn.functional import pixel_unshuffle

from ...edit.resample import resize
from ...pipelines.denoise import LatentForm, share_done
from ...pipelines.flow_schedulers import scheduler_by_steps
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import channels_of, decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, warn_of_prompts
from ...pipelines.samplers import make_scheduler
from ...pipelines.softmask import hidden_pixels
from ...pipelines.tokens import PATCH, as_tokens, token_form
from .load import Flux
from .prompts import read_prompt
from .shown import Shown, shown_to
from .spec import FILL, SCHNELL

TRAINED = 1024  # pixels of a side of PREFERRED_KONTEXT_RESOLUTIONS


def generate(loaded: Flux, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    with shown_to(loaded.parts["transformer"]) as shown:
        return paint(FluxPainter(loaded, generation, shown), generation, watch)


@dataclass(frozen=True)
class FluxPainter:
    """See pipelines.paint.FamilyPainter. The pipeline has latents as tokens of 2x2 values. shown: what the transformer
    is shown in this run.
    """

    loaded: Flux
    generation: Generation
    shown: Shown = field(default_factory=Shown)

    @property
    def channels(self) -> int:
        return channels_of(self.loaded.vae)

    @property
    def factor(self) -> int:
        return self.loaded.factor

    @property
    def form(self) -> LatentForm:
        return token_form(self.generation.height // self._cell, self.generation.width // self._cell)

    @property
    def trained_masked(self) -> bool:
        return self.loaded.spec.key == FILL.key

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        make = scheduler_by_steps if loaded.spec.key == SCHNELL.key else make_scheduler
        return make(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        pipeline: Any = FluxPipeline(**self.loaded.parts, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        loaded = self.loaded
        read = read_prompt(loaded.parts, generation.prompt, loaded.spec.text.tokens, loaded.device.torch)
        warn_of_prompts(generation, read.unread, generation.guidance_scale > GUIDED_ABOVE, watch, distilled=True)
        return {
            "prompt_embeds": read.words,
            "pooled_prompt_embeds": read.summary,
            "guidance_scale": generation.guidance_scale,
        }

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        """Of a mask Kontext sees the picture around it too, as in diffusers' FluxKontextInpaintPipeline."""
        if self.trained_masked:
            self.shown.beside = self._around(generation)
        if self.loaded.spec.references:
            if own is not None and not generation.paints_everything:
                self._show(own)
            for picture in generation.references:
                self._show(self.encode(self._fitted(picture)))
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

    @property
    def _cell(self) -> int:
        return self.factor * PATCH

    def _show(self, latents: torch.Tensor) -> None:
        self.shown.add(as_tokens(latents), *(side // PATCH for side in latents.shape[2:]))

    def _around(self, generation: Generation) -> torch.Tensor:
        """(1, tokens, width): the picture, grey (0 in -1..1) where it is masked, and the mask, pixel by pixel."""
        size = (generation.height, generation.width)
        hidden = hidden_pixels(np.ones(size, np.float32) if generation.mask is None else generation.mask)
        grey = np.full((*size, 3), 0.5, np.float32)
        kept = generation.image
        shown = self.encode(grey if kept is None else np.where(hidden[0, 0].numpy()[..., None] > 0, grey, kept))
        return torch.cat([as_tokens(shown), as_tokens(pixel_unshuffle(hidden, self.factor).to(shown))], dim=2)

    def _fitted(self, picture: FloatArray) -> FloatArray:
        """As large as a picture that Kontext was trained with, of nearly its shape; what is as large as the result, as
        the one that is edited, stays so, so that nothing moves.
        """
        height, width = picture.shape[:2]
        if (height, width) == (self.generation.height, self.generation.width):
            return picture
        return resize(picture, *fitted_size(width, height, self.loaded.ref.native_resolution, self._cell))


def fitted_size(width: int, height: int, side: int, cell: int) -> tuple[int, int]:
    """Width and height, of about side * side pixels, in whole cells."""
    ratio = width / height
    nearest = min(PREFERRED_KONTEXT_RESOLUTIONS, key=lambda size: abs(ratio - size[0] / size[1]))
    across, down = (max(cell, length * side // TRAINED // cell * cell) for length in nearest)
    return across, down
