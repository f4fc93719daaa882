"""Latents as the tokens of pipelines that take 2x2 values of each channel for one."""

from __future__ import annotations

import torch
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from .denoise import LatentForm

PATCH = 2  # values of the autoencoder to a token, on each side


def as_tokens(latents: torch.Tensor) -> torch.Tensor:
    """(1, channels, h, w) -> (1, h / 2 * w / 2, 4 * channels)."""
    return pixel_unshuffle(latents, PATCH).flatten(2).transpose(1, 2)


def token_form(height: int, width: int) -> LatentForm:
    """height, width: in tokens. The pipeline takes, shows and returns them."""

    def back(tokens: torch.Tensor) -> torch.Tensor:
        return pixel_shuffle(tokens.transpose(1, 2).reshape(1, -1, height, width), PATCH)

    return LatentForm(as_tokens, as_tokens, back)
