"""What geometry needs to know of a model (standard library only)."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_CELL = 8  # pixels: tiles and comparisons keep to no finer grid, also where a latent value covers less


@dataclass(frozen=True)
class NativeSize:
    """The picture sizes a model was trained on, in pixels of its working picture.

    side: the square it knows best; multiple: both sides must be divisible by it; max_pixels: more area than this and
    objects repeat; min_side, max_side: shorter or longer sides than these and it loses the composition. latent_cell:
    the side of the square that one latent value covers.
    """

    side: int
    multiple: int
    max_pixels: int
    min_side: int
    max_side: int
    latent_cell: int = 8

    @classmethod
    def around(cls, side: int, multiple: int, latent_cell: int = 8) -> NativeSize:
        """Limits for a model whose training side is known: areas up to 1.5 side² at aspect ratios up to 3:1.

        For side 512 these are 512 x 768 pixels, the area krita-ai-diffusion works Stable Diffusion 1.5 at.
        """
        return cls(side, multiple, side * side * 3 // 2, side // 2, side * 3 // 2, latent_cell)

    @property
    def cell(self) -> int:
        """The side of the squares that tiles and comparisons keep to: a latent cell, and never less than LEAST_CELL."""
        return max(LEAST_CELL, self.latent_cell)
