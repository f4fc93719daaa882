"""Soft masks while denoising: a pixel of mask m is the picture's own until the last m of the steps, then it is free.

This is Differential Diffusion (Levin & Fried 2023, https://arxiv.org/abs/2306.00950): at each step the mask is hard,
and over the steps it grows from the fully masked pixels to all that is masked at all. Blending softly at every step
instead would wash the soft pixels out, since m is then applied once a step.
"""

from __future__ import annotations

import numpy as np
import torch

from .generation import FloatArray


def latent_mask(mask: FloatArray, factor: int) -> torch.Tensor:
    """(h, w) 0..1 -> (1, 1, h / factor, w / factor) float32: the mean of the pixels under each latent."""
    height, width = mask.shape
    blocks = mask.reshape(height // factor, factor, width // factor, factor)
    return torch.from_numpy(blocks.mean(axis=(1, 3), dtype=np.float32))[None, None]


def free_at(mask: torch.Tensor, done: float) -> torch.Tensor:
    """Which latents may change when the share `done` (0..1] of the steps is finished: 1.0 free, 0.0 kept."""
    return ((mask > 0) & (mask >= 1.0 - done - 1e-6)).to(mask.dtype)


def hard_latents(mask: torch.Tensor) -> torch.Tensor:
    """A mask without soft values, of the same shape: at one half; see hard_pixels."""
    return ((mask >= _half(float(mask.max()))) & (mask > 0)).to(mask.dtype)


def hard_pixels(mask: FloatArray) -> FloatArray:
    """(h, w) 0..1 -> 0.0 or 1.0: pixels at least half masked; where no pixel is, those at least half as masked as the
    strongest.
    """
    return ((mask >= _half(float(mask.max(initial=0.0)))) & (mask > 0)).astype(np.float32)


def hidden_pixels(mask: FloatArray) -> torch.Tensor:
    """What a 9-channel UNet is told to paint: (1, 1, h, w) of 0.0 and 1.0, as in its training."""
    return torch.from_numpy(hard_pixels(mask))[None, None]


def _half(strongest: float) -> float:
    return min(0.5, strongest / 2)
