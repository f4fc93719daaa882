"""What the tensors of a single file tell of Chroma's transformer (standard library only).

Names: those of FLUX.1's makers, without its modulations and with what takes their place, after nothing or after what
ComfyUI writes before them; or diffusers'.
"""

from __future__ import annotations

from collections.abc import Collection

from ..flux1.layout import PICTURE_IN, PICTURE_OUT, SINGLE, TEXT_IN
from ..transformer_files import ROOTS, has_each

APPROXIMATOR = "distilled_guidance_layer."
MARK = f"{APPROXIMATOR}in_proj.weight"
FIRST = ("double_blocks.0.img_attn.proj.weight", "transformer_blocks.0.attn.to_out.0.weight")
NEEDED = (PICTURE_IN, PICTURE_OUT, TEXT_IN, FIRST, SINGLE)
OF_PIXELS = "nerf_"  # begins the names of what Radiance has in the place of latents


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of Chroma."""
    return next((root for root in ROOTS if root + MARK in names), None)


def is_whole(names: Collection[str], root: str) -> bool:
    return has_each(names, root, NEEDED)


def paints_pixels(names: Collection[str], root: str) -> bool:
    return any(name.startswith(root + OF_PIXELS) for name in names)
