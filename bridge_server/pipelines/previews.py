"""Small pictures of what is being painted: a linear map from latents to RGB, never a run of the autoencoder.

What is shown is the model's present idea of the finished picture (its estimate of x0), not the noisy latents, so that
the composition can be seen after the first step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ..models.overrides import LatentRgb
from .generation import Pixels

PREVIEW_SIDE = 256  # pixels, the longer side at most


class OriginalEstimate:
    """Remembers the denoiser's last answer and computes from it the finished picture it points to.

    With a = alphas_cumprod[t] and x its input (every scheduler scales it to variance-preserving form):
    epsilon: x0 = (x - sqrt(1-a) e) / sqrt(a);  v: x0 = sqrt(a) x - sqrt(1-a) v (Salimans & Ho 2022, appendix D).
    """

    def __init__(self, denoiser: nn.Module, scheduler: Any, guidance_scale: float) -> None:
        self._denoiser = denoiser
        self._alphas: torch.Tensor = scheduler.alphas_cumprod.float().cpu()
        self._prediction: str = scheduler.config.prediction_type
        self._guidance = guidance_scale
        self._seen: tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None = None

    def __enter__(self) -> OriginalEstimate:
        self._handle = self._denoiser.register_forward_hook(self._keep)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.remove()
        self._seen = None

    def _keep(self, _module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        self._seen = (inputs[0], torch.as_tensor(inputs[1]), output[0])

    def latents(self) -> torch.Tensor | None:
        """(channels, h, w) float32 on the CPU, or None before the first step."""
        if self._seen is None:
            return None
        sample, timestep, answer = self._seen
        if answer.shape[0] == 2:
            without, with_text = answer.float().chunk(2)
            answer = without + self._guidance * (with_text - without)
        x = sample[0, : answer.shape[1]].float().cpu()
        guess = answer[0].float().cpu()
        alpha = self._alpha_at(float(timestep.flatten()[0]))
        if self._prediction == "sample":
            return guess
        if self._prediction == "v_prediction":
            return alpha**0.5 * x - (1 - alpha) ** 0.5 * guess
        return (x - (1 - alpha) ** 0.5 * guess) / max(alpha, 1e-4) ** 0.5

    def _alpha_at(self, timestep: float) -> float:
        last = len(self._alphas) - 1
        place = min(max(timestep, 0.0), float(last))
        low = int(place)
        high = min(low + 1, last)
        return float(self._alphas[low] + (place - low) * (self._alphas[high] - self._alphas[low]))


def latents_to_rgb(latents: torch.Tensor, latent_rgb: LatentRgb, factor: int) -> Pixels:
    """(channels, h, w) scaled latents -> (H, W, 3) uint8, of the picture's size, or PREVIEW_SIDE where that is less."""
    matrix = torch.tensor(latent_rgb, dtype=torch.float32)
    rgb = torch.einsum("chw,cr->rhw", torch.nan_to_num(latents.float().cpu()), matrix[:-1]) + matrix[-1][:, None, None]
    height, width = rgb.shape[1] * factor, rgb.shape[2] * factor
    scale = min(1.0, PREVIEW_SIDE / max(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    resized = nn.functional.interpolate(rgb[None], size=size, mode="bilinear", align_corners=False)[0]
    return (resized.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


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
    latents = (vae.encode(inputs).latent_dist.mode() * vae.config.scaling_factor).float().cpu()
    known = torch.nan_to_num(latents).permute(0, 2, 3, 1).flatten(0, 2).double()
    wanted = nn.functional.adaptive_avg_pool2d(pictures, latents.shape[-2:]).permute(0, 2, 3, 1).flatten(0, 2).double()
    known = torch.cat([known, torch.ones(len(known), 1, dtype=torch.float64)], 1)
    ridge = 1e-4 * len(known) * torch.eye(known.shape[1], dtype=torch.float64)
    solution = torch.linalg.solve(known.T @ known + ridge, known.T @ wanted)
    rows: np.ndarray[Any, Any] = solution.numpy()
    return tuple(tuple(float(value) for value in row) for row in rows)
