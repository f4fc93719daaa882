"""The facts of the starter family (standard library only)."""

from __future__ import annotations

from dataclasses import replace

from ..base import Adapters
from ..stable_diffusion.spec import ADAPTED, SD1

STARTER = replace(
    SD1,
    key="starter",
    title="Starter",
    native_resolution=128,
    latent_cell=4,
    size_multiple=16,
    steps=replace(SD1.steps, default=10),
    guidance_scale=replace(SD1.guidance_scale, default=2.0),
    adapters={"lora": Adapters(("starter",), ADAPTED)},
    preview=None,  # its layerbridge.json has the map
)
