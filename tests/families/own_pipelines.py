"""What diffusers' own pipelines of a family make of the requests of test_contract."""

from __future__ import annotations

from typing import Any

import torch

from bridge_server.pipelines.latents import encode_image
from bridge_server.pipelines.samplers import make_scheduler

from .contract import CPU, Subject

OWN = ("sd1", "sd2-base", "sd2", "starter")
STEPS, STRENGTH, GUIDANCE, SEED = 8, 0.6, 3.0, 1


def noised_latents(subject: Subject, sampler: str) -> torch.Tensor:
    """Image to image."""
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import StableDiffusionImg2ImgPipeline

    return _run(subject, sampler, StableDiffusionImg2ImgPipeline)


def masked_latents(subject: Subject, sampler: str) -> torch.Tensor:
    """Inpaint of the right half; 4-channel UNets do not read the picture without it."""
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import StableDiffusionInpaintPipeline

    mask = torch.from_numpy(subject.strips(0, 1))[None, None]
    own = encode_image(subject.loaded.parts["vae"], subject.picture(), CPU)
    size = {"width": subject.side, "height": subject.side}
    return _run(subject, sampler, StableDiffusionInpaintPipeline, mask_image=mask, masked_image_latents=own, **size)


def _run(subject: Subject, sampler: str, kind: Any, **given: Any) -> torch.Tensor:
    loaded: Any = subject.loaded
    scheduler, _ = make_scheduler(
        sampler, subject.family.spec.samplers, loaded.scheduler_config, loaded.scheduler_class
    )
    absent = {"safety_checker": None, "feature_extractor": None}
    pipeline = kind(**absent, **loaded.parts, scheduler=scheduler, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    own = encode_image(loaded.parts["vae"], subject.picture(), CPU)
    with torch.no_grad():
        return pipeline(
            prompt="red apple",
            negative_prompt="",
            image=own,
            strength=STRENGTH,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=torch.Generator().manual_seed(SEED),
            output_type="latent",
            **given,
        ).images
