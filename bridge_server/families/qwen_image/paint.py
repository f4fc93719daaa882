"""Qwen-Image: text to image, image to image, inpaint and outpaint; Qwen-Image-Edit also with pictures it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from ...pipelines.denoise import LatentForm, share_done
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import channels_of, decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, guidance_of, warn_of_prompts
from ...pipelines.samplers import make_scheduler
from ...pipelines.tokens import PATCH, as_tokens, token_form
from .load import QwenImage
from .pictures import Seen, fitted, seen
from .prompts import Read, read_prompt
from .shown import Shown, shown_to
from .spec import EDIT_PLUS

SEEN_SIDE, SEEN_MULTIPLE = 384, 32  # pixels of what Plus sees at 1024; sides that diffusers gives pictures


def paint_picture(loaded: QwenImage, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel.generate."""
    with shown_to(loaded.parts["transformer"]) as shown:
        return paint(QwenPainter(loaded, generation, shown), generation, watch)


@dataclass(frozen=True)
class QwenPainter:
    """See pipelines.paint.FamilyPainter. The pipeline has latents as tokens of 2x2 values. shown: what the transformer
    is shown in this run.
    """

    loaded: QwenImage
    generation: Generation
    shown: Shown = field(default_factory=Shown)
    trained_masked: bool = False

    @property
    def channels(self) -> int:
        return channels_of(self.loaded.vae)

    @property
    def factor(self) -> int:
        return self.loaded.factor

    @property
    def form(self) -> LatentForm:
        cell = self.factor * PATCH
        return token_form(self.generation.height // cell, self.generation.width // cell)

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        config = loaded.scheduler_config
        if generation.steps == 1:  # its end is its beginning, and diffusers divides by nothing
            config = {**config, "shift_terminal": None}
        return make_scheduler(wanted, loaded.spec.samplers, config, loaded.scheduler_class)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        pipeline: Any = QwenImagePipeline(**self.loaded.parts, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        guidance = self._guidance(generation)
        pictures = [self._see(self._for_text(picture)) for picture in self._pictures(generation)]
        read = self._read(generation.prompt, pictures)
        unread = read.unread
        told: dict[str, Any] = {
            "prompt_embeds": read.embeddings,
            "prompt_embeds_mask": read.mask,
            "true_cfg_scale": guidance,
        }
        if guidance > GUIDED_ABOVE:
            avoided = self._read(generation.negative_prompt, pictures)
            unread = " ".join(one for one in (unread, avoided.unread) if one)
            told |= {"negative_prompt_embeds": avoided.embeddings, "negative_prompt_embeds_mask": avoided.mask}
        is_guided = generation.guidance_scale > GUIDED_ABOVE
        warn_of_prompts(generation, unread, is_guided, watch, distilled=self._is_distilled)
        return told

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        for picture in self._pictures(generation):
            if own is not None and picture is generation.image:
                latents = own
            else:
                latents = self.encode(fitted(picture, self._side, self.factor * PATCH * 2))
            self.shown.add(as_tokens(latents), *(side // PATCH for side in latents.shape[2:]))
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
    def _is_distilled(self) -> bool:
        """Whether it paints without guidance, and reads no negative prompt."""
        return self.loaded.spec.guidance == "none"

    def _guidance(self, generation: Generation) -> float:
        return 1.0 if self._is_distilled else guidance_of(generation)

    @property
    def _side(self) -> int:
        """Of a square of as many pixels as a picture is shown with."""
        return self.loaded.ref.native_resolution

    def _pictures(self, generation: Generation) -> list[FloatArray]:
        """What the model is shown: of a mask the picture around it too, as in diffusers' QwenImageEditInpaintPipeline;
        a model that takes no references nothing.
        """
        if not self.loaded.spec.references:
            return []
        around = None if generation.paints_everything else generation.image
        return [*([] if around is None else [around]), *generation.references]

    def _for_text(self, picture: FloatArray) -> FloatArray:
        """Plus sees pictures less large than it copies from them."""
        side = self._side * SEEN_SIDE // 1024 if self._is_plus else self._side
        return fitted(picture, side, SEEN_MULTIPLE)

    def _see(self, picture: FloatArray) -> Seen:
        return seen(picture)

    @property
    def _is_plus(self) -> bool:
        return self.loaded.spec.key == EDIT_PLUS.key

    def _read(self, prompt: str, pictures: list[Seen]) -> Read:
        parts = self.loaded.parts
        device = self.loaded.device.torch
        return read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, device, pictures, numbered=self._is_plus)
