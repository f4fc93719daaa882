"""Small pictures of what is being painted: a linear map from latents to RGB, never a run of the autoencoder.

What is shown is the model's present idea of the finished picture (its estimate of x0), not the noisy latents, so that
the composition can be seen after the first step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ..families.base import PreviewMap
from ..models.overrides import LatentRgb
from .generation import Pixels
from .latents import channels_of, encoded, scale_of, scaled

PREVIEW_SIDE = 256  # pixels, the longer side at most
FITTED_SIDE = 128  # pixels of the pictures that a map is fitted to, at most
SCALE_TOLERANCE = 1e-4  # of the autoencoder that a published map belongs to


def latents_to_rgb(latents: torch.Tensor, latent_rgb: LatentRgb, factor: int) -> Pixels:
    """(channels, h, w) scaled latents -> (H, W, 3) uint8, of the picture's size, or PREVIEW_SIDE where that is less."""
    matrix = torch.tensor(latent_rgb, dtype=torch.float32)
    rgb = torch.einsum("chw,cr->rhw", torch.nan_to_num(latents.float().cpu()), matrix[:-1]) + matrix[-1][:, None, None]
    height, width = rgb.shape[1] * factor, rgb.shape[2] * factor
    scale = min(1.0, PREVIEW_SIDE / max(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    resized = nn.functional.interpolate(rgb[None], size=size, mode="bilinear", align_corners=False)[0]
    return (resized.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


def map_of(vae: Any, own: LatentRgb | None, published: PreviewMap | None, side: int) -> LatentRgb:
    """The map of an autoencoder: the model's own, its family's where that is for this autoencoder, or a fitted one.

    own: of its layerbridge.json. side: pixels that the model works at.
    """
    if own is not None and len(own) == channels_of(vae) + 1:
        return own
    widths, scale = tuple(getattr(vae.config, "block_out_channels", ())), scale_of(vae)
    if published and widths == published.widths and abs(scale - published.scaling_factor) < SCALE_TOLERANCE:
        return published.latent_rgb
    return fit_latent_rgb(vae, min(FITTED_SIDE, side))


@torch.no_grad()
def fit_latent_rgb(vae: Any, side: int) -> LatentRgb:
    """The map for an autoencoder nobody has measured: least squares over smooth random pictures that it encodes.

    side: pixels of the (8) pictures, divisible by the autoencoder's factor. Takes about as long as one denoising step.
    """
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand((8, 3, 6, 6), generator=generator)
    pictures = nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    pictures[:2] = nn.functional.interpolate(coarse[:2].round(), size=(side, side))
    inputs = (pictures * 2 - 1).to(device=vae.device, dtype=vae.dtype)
    latents = scaled(vae, encoded(vae, inputs)).float().cpu()
    known = torch.nan_to_num(latents).permute(0, 2, 3, 1).flatten(0, 2).double()
    height, width = latents.shape[-2:]
    wanted = nn.functional.adaptive_avg_pool2d(pictures, (height, width)).permute(0, 2, 3, 1).flatten(0, 2).double()
    known = torch.cat([known, torch.ones(len(known), 1, dtype=torch.float64)], 1)
    ridge = 1e-4 * len(known) * torch.eye(known.shape[1], dtype=torch.float64)
    solution = torch.linalg.solve(known.T @ known + ridge, known.T @ wanted)
    rows: np.ndarray[Any, Any] = solution.numpy()
    return tuple(tuple(float(value) for value in row) for row in rows)
