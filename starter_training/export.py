"""Writes the finished model: a StableDiffusionInpaintPipeline folder in half precision, with layerbridge.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, StableDiffusionInpaintPipeline
from diffusers.models.attention_processor import AttnProcessor2_0

from .backgrounds import Picture, draw_background
from .latents import to_tensor
from .networks import FACTOR, make_scheduler
from .painting import Painter

LICENSE = "Apache-2.0 (weights); see README.md for the training data"
FITTED_PICTURES = 64


@dataclass(frozen=True)
class Card:
    """What layerbridge.json says. native_resolution in pixels."""

    native_resolution: int
    steps: int
    guidance_scale: float
    removal_strength: float = 1.0
    removal_detail: float | None = None
    hires_with_prompt: bool = False
    background_with_prompt: bool = False
    img2img_strength: float = 0.3
    size_multiple: int = 16
    note: str = (
        "Shows Layerbridge at work before anything is downloaded: small, quick, 128 pixels, simple things and colours. "
        "Get a real model for real pictures."
    )


@torch.no_grad()
def fit_preview_map(
    autoencoder: AutoencoderKL, scale: float, photos: tuple[Picture, ...], side: int
) -> tuple[list[list[float]], float]:
    """Scaled latents -> red, green, blue in 0..1 by least squares: one row per channel and the constant; and the
    root mean square error of it.
    """
    rng = np.random.default_rng(17)
    pictures = np.stack([draw_background(photos, side, rng, photo_share=0.7) for _ in range(FITTED_PICTURES)])
    pixels = to_tensor(pictures)
    latents = torch.cat([autoencoder.encode(some).latent_dist.mode() * scale for some in pixels.split(16)]).float()
    means = torch.nn.functional.avg_pool2d(pixels / 2 + 0.5, FACTOR)
    features = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    features = torch.cat([features, torch.ones(len(features), 1)], 1)
    targets = means.permute(0, 2, 3, 1).reshape(-1, 3)
    solution = torch.linalg.lstsq(features, targets).solution
    error = float(((features @ solution - targets) ** 2).mean().sqrt())
    return [[round(float(value), 4) for value in row] for row in solution], error


def export_pipeline(painter: Painter, card: Card, photos: tuple[Picture, ...], folder: Path) -> None:
    """The folder loads in diffusers and in Layerbridge. The painter's parts are changed to half precision."""
    preview, _error = fit_preview_map(painter.autoencoder.cpu(), painter.scale, photos, card.native_resolution)
    painter.autoencoder.register_to_config(scaling_factor=painter.scale, _name_or_path="")  # not where it was trained
    painter.denoiser.unet.set_attn_processor(AttnProcessor2_0())
    pipeline = StableDiffusionInpaintPipeline(
        vae=painter.autoencoder,
        text_encoder=painter.denoiser.text_encoder,
        tokenizer=painter.tokenizer,
        unet=painter.denoiser.unet,
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to("cpu", dtype=torch.float16)
    pipeline.save_pretrained(folder)
    settings = {
        "name": "starter",
        "family": "starter",
        "license": LICENSE,
        "native_resolution": card.native_resolution,
        "size_multiple": card.size_multiple,
        "steps": card.steps,
        "guidance_scale": card.guidance_scale,
        "removal_strength": card.removal_strength,
        **({} if card.removal_detail is None else {"removal_detail": card.removal_detail}),
        "hires_with_prompt": card.hires_with_prompt,
        "background_with_prompt": card.background_with_prompt,
        "img2img_strength": card.img2img_strength,
        "note": card.note,
        "latent_rgb": preview,
    }
    (folder / "layerbridge.json").write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
