"""Stable Diffusion 1.x and 2.x: text to image, image to image, inpaint and outpaint, with 4- and 9-channel UNets.

diffusers' pipelines do the denoising. They are given latents and embeddings and give latents back: pictures stay in
floating point, and encoding, decoding and reading the prompt are done here, where they can be watched and stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch

from ...edit.removal import with_texture
from ...errors import BridgeError, ErrorCode
from ...pipelines.cancel import layers_of, stoppable
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch, strength_for
from ...pipelines.latents import decode_latents, encode_image
from ...pipelines.loader import offload
from ...pipelines.memory import BETWEEN
from ...pipelines.noise import first_noise, generator_for
from ...pipelines.previews import OriginalEstimate, latents_to_rgb
from ...pipelines.prompts import Embeddings, abridged, encode_prompts
from ...pipelines.samplers import make_scheduler
from ...pipelines.softmask import free_at, hard_latents, hidden_pixels, latent_mask, to_pixels
from .embedded import ImageToImage, InpaintFromNoise, TextToImage
from .load import StableDiffusion

GUIDED_ABOVE = 1.0  # diffusers' own rule: at 1 and below, the negative prompt is not read
Blend = Callable[[float, Any, dict[str, Any]], dict[str, Any]]
"""(share of the steps done, the next timestep or None, the pipeline's tensors) -> the tensors that change."""


def generate(loaded: StableDiffusion, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    watch.check()
    wanted = loaded.sampler if generation.sampler == "auto" else generation.sampler
    scheduler, sampler = make_scheduler(wanted, loaded.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)
    run = generation.steps_to_run
    generator = generator_for(generation)
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(stoppable(layers_of(loaded.parts, loaded.spec.components), watch.check))
        pipeline = _pipeline_for(loaded, generation, scheduler, run)
        stack.callback(pipeline.maybe_free_model_hooks)
        watch.phase("encoding")
        embeddings = _read_prompts(loaded, generation, watch)
        inputs, blend = _inputs_for(pipeline, loaded, generation, run, generator)
        watch.check()
        watch.phase("denoising")
        guidance = _guidance(generation)
        estimate = stack.enter_context(OriginalEstimate(loaded.unet, scheduler, guidance))
        latents = pipeline(
            prompt_embeds=embeddings.prompt,
            negative_prompt_embeds=embeddings.negative,
            num_inference_steps=generation.steps,
            guidance_scale=guidance,
            generator=generator,
            output_type="latent",
            callback_on_step_end=_follow(loaded, watch, estimate, blend, run),
            **inputs,
        ).images
        watch.check()
        watch.phase("decoding")
        pixels = decode_latents(loaded.vae, latents)
        if generation.keeps_start and generation.image is not None and "image" in inputs:
            if generation.detail is None:
                pixels = generation.image + (pixels - decode_latents(loaded.vae, inputs["image"]))
                pixels = np.clip(pixels, 0.0, 1.0, dtype=np.float32)
            else:
                pixels = with_texture(generation.image, pixels, generation.detail)
        _check_safety(pipeline, loaded, pixels)
    watch.check()
    return Picture(pixels, run, sampler)


def _pipeline_for(loaded: StableDiffusion, generation: Generation, scheduler: Any, run: int) -> Any:
    """A pipeline of the kind that serves the request, made of the model's parts and a fresh scheduler.

    A 9-channel UNet runs only in the inpaint pipeline, so text and image to image go through it with a full mask.
    """
    masked = generation.part is not None or not generation.paints_everything
    if loaded.is_inpaint_model or (generation.image is not None and masked):
        kind = InpaintFromNoise
    elif generation.image is None or run >= generation.steps:
        kind = TextToImage
    else:
        kind = ImageToImage
    absent: dict[str, Any] = {"safety_checker": None, "feature_extractor": None, "image_encoder": None}
    pipeline = kind(**(absent | loaded.parts), scheduler=scheduler, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    offload(pipeline, loaded.device, loaded.placement)
    return pipeline


def _guidance(generation: Generation) -> float:
    """Between two equal prompts there is nowhere to be led to: without guidance it is the same, for half the work."""
    same = generation.prompt.strip() == generation.negative_prompt.strip()
    return 1.0 if same else generation.guidance_scale


def _read_prompts(loaded: StableDiffusion, generation: Generation, watch: Watch) -> Embeddings:
    guided = _guidance(generation) > GUIDED_ABOVE
    embeddings = encode_prompts(
        loaded.parts["tokenizer"],
        loaded.parts["text_encoder"],
        generation.prompt,
        generation.negative_prompt,
        guided,
        loaded.spec.text,
        loaded.device.torch,
    )
    if embeddings.unread:
        told = abridged(embeddings.unread)
        watch.warn("unread_words", f"The prompt is too long for this model. It did not read: {told}")
    if generation.negative_prompt.strip() and generation.guidance_scale <= GUIDED_ABOVE:
        watch.warn("negative_prompt_ignored", "The negative prompt has no effect with a guidance of 1 or less.")
    return embeddings


def _inputs_for(
    pipeline: Any, loaded: StableDiffusion, generation: Generation, run: int, generator: torch.Generator
) -> tuple[dict[str, Any], Blend | None]:
    """The arguments that only this kind of pipeline takes, and what keeps the unmasked latents meanwhile."""
    size = {"width": generation.width, "height": generation.height}
    if isinstance(pipeline, TextToImage):
        return size, None
    image = generation.image
    latents = _blank_latents(loaded, generation) if image is None else encode_image(loaded.vae, image, _device(loaded))
    strength = strength_for(generation.steps, run)
    if isinstance(pipeline, ImageToImage):
        return {"image": latents, "strength": strength}, None
    pipeline.mask_processor.register_to_config(do_binarize=False)
    mask = _mask(generation)
    soft = latent_mask(mask, loaded.factor).to(loaded.device.torch, BETWEEN)
    soft = soft if generation.soft_mask else hard_latents(soft)
    channels = loaded.vae.config.latent_channels
    pipeline.noise = first_noise(generation, generator, channels, loaded.factor, loaded.device.torch, BETWEEN)
    inputs: dict[str, Any] = {**size, "image": latents, "strength": strength}
    inputs["callback_on_step_end_tensor_inputs"] = ["latents", "mask"]
    if loaded.is_inpaint_model:
        hidden = hidden_pixels(mask)
        shown = np.full((*mask.shape, 3), 0.5, np.float32) if image is None else image
        inputs["mask_image"] = hidden
        inputs["masked_image_latents"] = encode_image(loaded.vae, _without(shown, hidden), _device(loaded))
        if image is None or generation.paints_everything:
            return inputs, None
        return inputs, _keep_outside(pipeline.scheduler, latents.to(soft), pipeline.noise, soft)
    inputs["mask_image"] = to_pixels(free_at(soft, 1 / run), loaded.factor).float().cpu()
    inputs["masked_image_latents"] = latents  # not read by a 4-channel UNet; the pipeline would compute it in pixels
    return inputs, _grow_mask(soft)


def _device(loaded: StableDiffusion) -> torch.device:
    return loaded.device.torch


def _blank_latents(loaded: StableDiffusion, generation: Generation) -> torch.Tensor:
    height, width = generation.height // loaded.factor, generation.width // loaded.factor
    return torch.zeros((1, loaded.vae.config.latent_channels, height, width))


def _mask(generation: Generation) -> FloatArray:
    if generation.mask is not None:
        return generation.mask
    return np.ones((generation.height, generation.width), np.float32)


def _without(image: FloatArray, hidden: torch.Tensor) -> FloatArray:
    """The picture with its hidden pixels neutral grey (0 in -1..1), as inpaint models saw them in training."""
    return np.where(hidden[0, 0].numpy()[..., None] > 0, np.float32(0.5), image)


def _grow_mask(soft: torch.Tensor) -> Blend:
    """For 4-channel UNets: the pipeline puts the noised original back where its mask is 0; the mask grows."""

    def blend(done: float, _next: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        rows = tensors["mask"].shape[0]
        return {"mask": free_at(soft, done).repeat(rows, 1, 1, 1)}

    return blend


def _keep_outside(scheduler: Any, kept: torch.Tensor, noise: torch.Tensor, soft: torch.Tensor) -> Blend:
    """For 9-channel UNets, whose pipeline keeps nothing: the same."""

    def blend(done: float, next_timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if next_timestep is None:
            original, free = kept, free_at(soft, 1.0)
        else:
            original, free = scheduler.add_noise(kept, noise, next_timestep.reshape(1)), free_at(soft, done)
        return {"latents": free * tensors["latents"] + (1 - free) * original}

    return blend


def _follow(
    loaded: StableDiffusion, watch: Watch, estimate: OriginalEstimate, blend: Blend | None, run: int
) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    """The pipeline's callback after each evaluation: progress, preview, cancel, masks.

    A scheduler may evaluate the model more often than it has steps (Heun twice a step, PNDM once more in all).
    """
    reported = 0

    def follow(pipeline: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        nonlocal reported
        watch.check()
        count = pipeline.num_timesteps
        timesteps = pipeline.scheduler.timesteps[-count:]
        last = index + 1 >= count
        changed: dict[str, Any] = {}
        if blend is not None:
            follows = None if last else timesteps[index + 1]
            growth = (index + 1) if loaded.is_inpaint_model else (index + 2)
            changed = blend(min(1.0, growth / count), follows, tensors)
        step = (index + 1) * run // count
        if step > reported:
            reported = step
            watch.step(step, run)
            final = changed.get("latents", tensors["latents"]) if last else None
            watch.preview(lambda: _paint_preview(loaded, estimate, final), step, run)
        return changed

    return follow


def _paint_preview(loaded: StableDiffusion, estimate: OriginalEstimate, final: torch.Tensor | None) -> Pixels:
    latents = estimate.latents() if final is None else final[0]
    if latents is None:
        raise RuntimeError("a step ended before the UNet ran")
    return latents_to_rgb(latents, loaded.latent_rgb, loaded.factor)


def _check_safety(pipeline: Any, loaded: StableDiffusion, pixels: FloatArray) -> None:
    """Ask the model's own safety checker, where it has one. Raises BridgeError(safety_blocked)."""
    if loaded.parts.get("safety_checker") is None:
        return
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None] * 2 - 1
    _, flagged = pipeline.run_safety_checker(image.clone(), loaded.device.torch, loaded.parts["safety_checker"].dtype)
    if flagged and any(flagged):
        raise BridgeError(
            ErrorCode.SAFETY_BLOCKED,
            "The model's own safety checker refused this picture, so there is no layer. "
            "Change the prompt or the seed, or use a model without a checker.",
        )
