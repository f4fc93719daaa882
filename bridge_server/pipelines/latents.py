"""Pictures to latents and back, in floating point, never through 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..errors import BridgeError, ErrorCode
from .generation import FloatArray


@torch.no_grad()
def encode_image(vae: Any, image: FloatArray, device: torch.device) -> torch.Tensor:
    """(h, w, 3) float32 0..1 -> (1, channels, h / factor, w / factor) scaled latents, float32.

    The posterior's mode, not a sample: the same picture gives the same latents whatever the seed.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]
    latents = _encode(vae, pixels * 2 - 1, device)
    if not torch.isfinite(latents).all() and vae.dtype == torch.float16:
        vae.to(dtype=torch.float32)
        latents = _encode(vae, pixels * 2 - 1, device)
    return _finite(latents)


def _encode(vae: Any, pixels: torch.Tensor, device: torch.device) -> torch.Tensor:
    mode = vae.encode(pixels.to(device=device, dtype=vae.dtype)).latent_dist.mode()
    return ((mode - shift_of(vae)) * scale_of(vae)).float()


def shift_of(vae: Any) -> float:
    """What is taken from an autoencoder's latents before they are scaled; Stable Diffusion's have none."""
    return getattr(vae.config, "shift_factor", None) or 0.0


def scale_of(vae: Any) -> float:
    """What an autoencoder's latents are multiplied by; 1 where its configuration names nothing, since its family knows
    more of them.
    """
    return getattr(vae.config, "scaling_factor", None) or 1.0


@torch.no_grad()
def decode_latents(vae: Any, latents: torch.Tensor) -> FloatArray:
    """(1, channels, h, w) scaled latents -> (H, W, 3) float32 0..1. Raises BridgeError(bad_output).

    Some autoencoders overflow in half precision (https://huggingface.co/madebyollin/sdxl-vae-fp16-fix tells why): the
    decoding is then done again, and from then on, in single precision.
    """
    _finite(latents)
    pixels = _decode(vae, latents)
    if not torch.isfinite(pixels).all() and vae.dtype == torch.float16:
        vae.to(dtype=torch.float32)
        pixels = _decode(vae, latents)
    picture = (_finite(pixels) / 2 + 0.5).clamp(0, 1)
    return picture[0].permute(1, 2, 0).cpu().numpy()


def _decode(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    unscaled = latents.to(dtype=vae.dtype) / scale_of(vae) + shift_of(vae)
    return vae.decode(unscaled, return_dict=False)[0].float()


def _finite(values: torch.Tensor) -> torch.Tensor:
    if torch.isfinite(values).all():
        return values
    raise BridgeError(
        ErrorCode.BAD_OUTPUT,
        "The model gave no picture (its numbers ran over). Try another seed, another sampler or a lower guidance.",
    )
