"""The steps of an edit that can be switched off, by the names that requests use. docs/edit-core.md explains each."""

from __future__ import annotations

STEPS = (
    "fill",  # unknown and replaced pixels get a continuation of their surroundings before denoising
    "soft_mask",  # soft masks stay soft while denoising, where the family allows it (else: a hard mask)
    "hires_pass",  # areas far larger than the model's size are painted a second time, in tiles
    "align",  # what a model that edits by instruction has moved is moved back
    "color_match",  # the result is matched to its surroundings at the border
    "seam",  # what is left of the seam is treated last
    "residual",  # what sRGB or the working size cannot hold of the old picture is put back where it is kept
    "dither",  # generated values are dithered where they are quantised
)
