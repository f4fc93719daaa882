"""Families that diffusers publishes, as tiny seeded pipelines built in code: what `denoise` needs of each, and no more.

They are not registered: they show that the one denoising serves them, before any of them is a family of the product.
"""

from __future__ import annotations

from .base import SIDE, Published, latents_of_picture, ours, theirs
from .flow import flux, qwen_image, stable_diffusion_3, z_image
from .ours_alone import klein, krea
from .unet import stable_diffusion_xl

COMPARED = {made.__name__: made for made in (stable_diffusion_xl, stable_diffusion_3, flux, qwen_image, z_image)}
"""Those of which diffusers has image to image and inpaint."""
ALL = COMPARED | {made.__name__: made for made in (krea, klein)}

__all__ = ["ALL", "COMPARED", "SIDE", "Published", "latents_of_picture", "ours", "theirs"]
