"""Stable Diffusion 1.x and 2.x: text to image, image to image, inpaint and outpaint, with 4- and 9-channel UNets.

diffusers' pipelines do the denoising. They are given latents and embeddings and give latents back: pictures stay in
floating point, and encoding, decoding and reading the prompt are done here, where they can be watched and stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...errors import BridgeError, ErrorCode
from ...pipelines.denoise import PLAIN, LatentForm, share_done
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.noise import seed_of
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.prompts import GUIDED_ABOVE, Embeddings, encode_prompts, guidance_of, warn_of_prompts
from ...pipelines.samplers import make_scheduler
from ...pipelines.softmask import hidden_pixels
from .embedded import Inpaint, TextToImage
from .load import StableDiffusion


def generate(loaded: StableDiffusion, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    return paint(StableDiffusionPainter(loaded), generation, watch)


@dataclass(frozen=True)
class StableDiffusionPainter:
    """See pipelines.paint.FamilyPainter. A 9-channel UNet runs only in the inpaint pipeline, so text to image and image
    to image go through it as well, with a full mask.
    """

    loaded: StableDiffusion
    form: LatentForm = PLAIN

    @property
    def channels(self) -> int:
        return self.loaded.vae.config.latent_channels

    @property
    def factor(self) -> int:
        return self.loaded.factor

    @property
    def trained_masked(self) -> bool:
        return self.loaded.is_inpaint_model

    def scheduler(self, generation: Generation) -> tuple[Any, str]:
        loaded = self.loaded
        wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
        seed = seed_of(generation)
        return make_scheduler(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class, seed)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        kind = Inpaint if self.trained_masked else TextToImage
        absent: dict[str, Any] = {"safety_checker": None, "feature_extractor": None, "image_encoder": None}
        pipeline = kind(**(absent | self.loaded.parts), scheduler=scheduler, requires_safety_checker=False)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        embeddings = _read_prompts(self.loaded, generation, watch)
        return {
            "prompt_embeds": embeddings.prompt,
            "negative_prompt_embeds": embeddings.negative,
            "guidance_scale": guidance_of(generation),
        }

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        size = {"width": generation.width, "height": generation.height}
        if not self.trained_masked:
            return size
        pipeline.mask_processor.register_to_config(do_binarize=False)
        hidden = hidden_pixels(_mask(generation))
        image = generation.image
        shown = np.full((generation.height, generation.width, 3), 0.5, np.float32) if image is None else image
        blank = torch.zeros((1, self.channels, generation.height // self.factor, generation.width // self.factor))
        return {
            **size,
            "image": blank if own is None else own,
            "strength": 1.0,  # the schedule has been cut already
            "mask_image": hidden,
            "masked_image_latents": self.encode(_without(shown, hidden)),
        }

    def done(self, generation: Generation, evaluation: int, evaluations: int) -> float:
        """With 4 channels the first evaluation counts as a whole step, for samplers that evaluate more often too."""
        if evaluation == 1 and not self.trained_masked:
            return 1 / generation.steps_to_run
        return share_done(evaluation, evaluations)

    def preview(self, latents: torch.Tensor) -> Pixels:
        return latents_to_rgb(latents, self.loaded.latent_rgb, self.factor)

    def encode(self, image: FloatArray) -> torch.Tensor:
        return encode_image(self.loaded.vae, image, self.loaded.device.torch)

    def decode(self, latents: torch.Tensor) -> FloatArray:
        return decode_latents(self.loaded.vae, latents)

    def check(self, pipeline: Any, pixels: FloatArray) -> None:
        """Asks the model's own safety checker, where it has one."""
        checker = self.loaded.parts.get("safety_checker")
        if checker is None:
            return
        image = torch.from_numpy(pixels).permute(2, 0, 1)[None] * 2 - 1
        _, flagged = pipeline.run_safety_checker(image.clone(), self.loaded.device.torch, checker.dtype)
        if flagged and any(flagged):
            raise BridgeError(
                ErrorCode.SAFETY_BLOCKED,
                "The model's own safety checker refused this picture, so there is no layer. "
                "Change the prompt or the seed, or use a model without a checker.",
            )


def _read_prompts(loaded: StableDiffusion, generation: Generation, watch: Watch) -> Embeddings:
    guided = guidance_of(generation) > GUIDED_ABOVE
    embeddings = encode_prompts(
        loaded.parts["tokenizer"],
        loaded.parts["text_encoder"],
        generation.prompt,
        generation.negative_prompt,
        guided,
        loaded.spec.text,
        loaded.device.torch,
    )
    warn_of_prompts(generation, embeddings.unread, generation.guidance_scale > GUIDED_ABOVE, watch)
    return embeddings


def _mask(generation: Generation) -> FloatArray:
    if generation.mask is not None:
        return generation.mask
    return np.ones((generation.height, generation.width), np.float32)


def _without(image: FloatArray, hidden: torch.Tensor) -> FloatArray:
    """The picture with its hidden pixels neutral grey (0 in -1..1), as inpaint models saw them in training."""
    return np.where(hidden[0, 0].numpy()[..., None] > 0, np.float32(0.5), image)
