"""Pictures to latents and back, in floating point, never through 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..errors import BridgeError, ErrorCode
from .generation import FloatArray

TRANSPARENT = 4  # channels of a picture that has an opacity


@torch.no_grad()
def encode_image(vae: Any, image: FloatArray, device: torch.device) -> torch.Tensor:
    """(h, w, 3 or 4) float32 0..1 -> (1, channels, h / factor, w / factor) scaled latents, float32.

    The posterior's mode, not a sample: the same picture gives the same latents whatever the seed.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]
    latents = _encode(vae, pixels * 2 - 1, device)
    if not torch.isfinite(latents).all() and vae.dtype == torch.float16:
        vae.to(dtype=torch.float32)
        latents = _encode(vae, pixels * 2 - 1, device)
    return _finite(latents)


def _encode(vae: Any, pixels: torch.Tensor, device: torch.device) -> torch.Tensor:
    return scaled(vae, encoded(vae, pixels.to(device=device, dtype=vae.dtype))).float()


def of_films(vae: Any) -> bool:
    """Whether an autoencoder has an axis of frames, and its latents a mean and a deviation for each channel."""
    return hasattr(vae.config, "temperal_downsample")  # so spelled


def encoded(vae: Any, pixels: torch.Tensor) -> torch.Tensor:
    """(n, 3 or 4, h, w) in -1..1 -> (n, channels, h / factor, w / factor): the posterior's mode, as the autoencoder has
    it. For one of films each picture is a film of one frame; for one of transparent pictures one without alpha is
    opaque.
    """
    taken = (getattr(vae.config, name, 3) for name in ("in_channels", "input_channels"))
    if TRANSPARENT in taken and pixels.shape[1] != TRANSPARENT:
        pixels = torch.cat([pixels, torch.ones_like(pixels[:, :1])], dim=1)
    if of_films(vae):
        return vae.encode(pixels[:, :, None]).latent_dist.mode()[:, :, 0]
    return vae.encode(pixels).latent_dist.mode()


def decoded(vae: Any, latents: torch.Tensor, *, transparent: bool = False) -> torch.Tensor:
    """The way back, of latents as the autoencoder has them. transparent: with the alpha that it may have; else what is
    transparent lies over white.
    """
    films = of_films(vae)
    pixels: torch.Tensor = vae.decode(latents[:, :, None] if films else latents, return_dict=False)[0]
    pixels = pixels[:, :, 0] if films else pixels
    if transparent or pixels.shape[1] != TRANSPARENT:
        return pixels
    opacity = (pixels[:, 3:] / 2 + 0.5).clamp(0, 1)
    return pixels[:, :3] * opacity + (1 - opacity)


def scaled(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """(n, channels, h, w) as the autoencoder has them -> as what paints wants them."""
    shift, scale = _shift_and_scale(vae, latents.device)
    return (latents - shift) * scale


def unscaled(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """The way back."""
    shift, scale = _shift_and_scale(vae, latents.device)
    return latents / scale + shift


def _shift_and_scale(vae: Any, device: torch.device) -> tuple[Any, Any]:
    """What is taken from an autoencoder's latents, and what they are multiplied by then: numbers, or (1, channels, 1,
    1) float32. Stable Diffusion's are not shifted. Where the configuration names nothing, its family knows more.
    """
    if of_films(vae):
        mean, deviation = (
            torch.tensor(values, device=device).view(1, -1, 1, 1)
            for values in (vae.config.latents_mean, vae.config.latents_std)
        )
        return mean, 1.0 / deviation
    return getattr(vae.config, "shift_factor", None) or 0.0, scale_of(vae)


def scale_of(vae: Any) -> float:
    """What an autoencoder's latents are multiplied by, all channels alike; 1 where its configuration names nothing."""
    return getattr(vae.config, "scaling_factor", None) or 1.0


def channels_of(vae: Any) -> int:
    """Of an autoencoder's latents."""
    return vae.config.z_dim if of_films(vae) else vae.config.latent_channels


@torch.no_grad()
def decode_latents(vae: Any, latents: torch.Tensor, *, transparent: bool = False) -> FloatArray:
    """(1, channels, h, w) scaled latents -> (H, W, 3) float32 0..1; transparent: (H, W, 4), of one with alpha.
    Raises BridgeError(bad_output).

    Some autoencoders overflow in half precision (https://huggingface.co/madebyollin/sdxl-vae-fp16-fix tells why): the
    decoding is then done again, and from then on, in single precision.
    """
    _finite(latents)
    pixels = _decode(vae, latents, transparent)
    if not torch.isfinite(pixels).all() and vae.dtype == torch.float16:
        vae.to(dtype=torch.float32)
        pixels = _decode(vae, latents, transparent)
    picture = (_finite(pixels) / 2 + 0.5).clamp(0, 1)
    return picture[0].permute(1, 2, 0).cpu().numpy()


def _decode(vae: Any, latents: torch.Tensor, transparent: bool) -> torch.Tensor:
    own = unscaled(vae, latents.to(dtype=vae.dtype)).to(dtype=vae.dtype)
    return decoded(vae, own, transparent=transparent).float()


def _finite(values: torch.Tensor) -> torch.Tensor:
    if torch.isfinite(values).all():
        return values
    raise BridgeError(
        ErrorCode.BAD_OUTPUT,
        "The model gave no picture (its numbers ran over). Try another seed, another sampler or a lower guidance.",
    )
