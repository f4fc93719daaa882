"""Stable Diffusion XL: text to image, image to image, inpaint and outpaint, with 4- and 9-channel UNets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from ...pipelines.generation import Generation, Picture, Watch
from ...pipelines.loader import offload
from ...pipelines.paint import Finisher, paint
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from ..stable_diffusion.paint import StableDiffusionPainter
from .embedded import Inpaint, TextToImage
from .load import StableDiffusionXL
from .prompts import read_prompts
from .spec import REFINER

LIKED, DISLIKED = 6.0, 2.5  # of 1 to 10: what diffusers and the makers' own code tell for prompt and negative prompt


def generate(loaded: StableDiffusionXL, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    if loaded.spec.key == REFINER.key:
        return paint(RefinerPainter(loaded), generation, watch)
    refiner = loaded.refiner
    if not isinstance(refiner, StableDiffusionXL) or loaded.ref.refiner is None:
        return paint(XLPainter(loaded), generation, watch)
    finisher = Finisher(RefinerPainter(refiner, base=loaded), generation.refined_from)
    return paint(XLPainter(loaded), generation, watch, finisher)


@dataclass(frozen=True)
class XLPainter(StableDiffusionPainter):
    """See pipelines.paint.FamilyPainter. As Stable Diffusion's, but for what the UNet is told beside the text."""

    loaded: StableDiffusionXL

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        kind = Inpaint if self.trained_masked else TextToImage
        absent: dict[str, Any] = {"text_encoder": None, "tokenizer": None}  # a refiner's
        pipeline = kind(**(absent | self.loaded.parts), scheduler=scheduler, add_watermarker=False)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        loaded, guidance = self.loaded, self._guidance(generation)
        guided = guidance > GUIDED_ABOVE and not loaded.reads_guidance
        read = read_prompts(loaded, generation.prompt, generation.negative_prompt, guided)
        warn_of_prompts(
            generation, read.unread, loaded.reads_guidance or generation.guidance_scale > GUIDED_ABOVE, watch
        )
        if loaded.reads_guidance and generation.negative_prompt.strip():
            watch.warn(
                "negative_prompt_ignored", "This model was distilled with its guidance: it reads no negative prompt."
            )
        negative = read.negative
        return {
            "prompt_embeds": read.prompt.text,
            "pooled_prompt_embeds": read.prompt.pooled,
            "negative_prompt_embeds": None if negative is None else negative.text,
            "negative_pooled_prompt_embeds": None if negative is None else negative.pooled,
            "guidance_scale": guidance,
            "guidance_rescale": loaded.guidance_rescale,
        }

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        """The picture is one that was never larger and of which nothing was cut away, also where it is a tile: the
        other values of training are those of pictures that look enlarged, or cropped.
        """
        size = (generation.height, generation.width)
        whole = {"original_size": size, "target_size": size, "crops_coords_top_left": (0, 0)}
        return super().arguments(pipeline, generation, own) | whole

    def _guidance(self, generation: Generation) -> float:
        return generation.guidance_scale if self.loaded.reads_guidance else guidance_of(generation)


@dataclass(frozen=True)
class RefinerPainter(XLPainter):
    """The refiner: in the place of the target size it is told how well the picture is liked, as it was trained
    (https://arxiv.org/abs/2307.01952). base: whose schedule it ends; None: it paints alone.
    """

    base: StableDiffusionXL | None = None

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        """The base's, since its steps are the same; what the answers mean is each model's own."""
        base = self.base
        if base is None:
            return super().scheduler(generation)
        own = {"prediction_type": self.loaded.scheduler_config.get("prediction_type", "epsilon")}
        config = {**base.scheduler_config, **own}
        return XLPainter(replace(base, scheduler_config=config)).scheduler(generation)

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        size = (generation.height, generation.width)
        told = {"target_size": (LIKED,), "negative_original_size": size, "negative_target_size": (DISLIKED,)}
        return super().arguments(pipeline, generation, own) | told
