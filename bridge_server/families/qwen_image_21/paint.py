"""Qwen-Image 2.1: text to image, image to image, inpaint, outpaint and edit, with pictures it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from ...pipelines.denoise import LatentForm
from ...pipelines.generation import FloatArray, Generation, Picture, Watch
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.prompts import GUIDED_ABOVE
from ..qwen_image.paint import QwenPainter
from ..qwen_image.pictures import QWEN3_VL, Seen, fitted, seen_by
from .embedded import TextToImage
from .load import Qwen21
from .noise_levels import resampled
from .prompts import Read, read_prompt
from .shown import InPlace, shown_to
from .spec import CACHED_TOKENS, TOKENS


def generate(loaded: Qwen21, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    with shown_to(loaded.parts["transformer"]) as shown:
        return paint(Qwen21Painter(loaded, generation, shown), generation, watch)


@dataclass(frozen=True)
class Qwen21Painter(QwenPainter):
    """The pipeline has each value as a token."""

    loaded: Qwen21
    shown: InPlace = field(default_factory=InPlace)

    @property
    def form(self) -> LatentForm:
        height, width = (side // self.factor for side in (self.generation.height, self.generation.width))

        def back(tokens: torch.Tensor) -> torch.Tensor:
            return tokens.transpose(1, 2).reshape(1, self.channels, height, width)

        return LatentForm(_as_tokens, _as_tokens, back)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        loaded = self.loaded
        levels = None if loaded.levels is None else resampled(loaded.levels, generation.steps)
        pipeline: Any = TextToImage(**loaded.parts, scheduler=scheduler, sample_sigmas=levels)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, loaded.device, loaded.placement)
        return pipeline

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        for picture in self._pictures(generation):
            is_own = own is not None and picture is generation.image
            latents = own if is_own and own is not None else self.encode(self._for_text(picture))
            self.shown.add(_as_tokens(latents), *latents.shape[2:])
        size = {"width": generation.width, "height": generation.height}
        return size | {"use_kv_cache": self._tokens_told(generation) <= CACHED_TOKENS}

    def _for_text(self, picture: FloatArray) -> FloatArray:
        """It sees pictures as large as they are shown to the transformer; what is around a mask, as it is painted."""
        return picture if picture is self.generation.image else fitted(picture, self._side, 2 * self.factor)

    def _see(self, picture: FloatArray) -> Seen:
        return seen_by(QWEN3_VL, picture)

    def _read(self, prompt: str, pictures: list[Seen]) -> Read:
        parts = self.loaded.parts
        read = read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, self.loaded.device.torch, pictures)
        self.shown.places = read.places
        return read

    def _tokens_told(self, generation: Generation) -> int:
        """Of prompts and pictures, at most."""
        prompts = 2 if self._guidance(generation) > GUIDED_ABOVE else 1
        return prompts * (TOKENS + sum(tokens.shape[1] for tokens in self.shown.tokens))


def _as_tokens(latents: torch.Tensor) -> torch.Tensor:
    """(1, channels, h, w) -> (1, h * w, channels)."""
    return latents.flatten(2).transpose(1, 2)
