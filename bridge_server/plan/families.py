"""What geometry needs to know of each model family (standard library only)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NativeSize:
    """The picture sizes a model was trained on, in pixels of its working picture.

    side: the square it knows best; multiple: both sides must be divisible by it; max_pixels: more area than this and
    objects repeat; min_side, max_side: shorter or longer sides than these and it loses the composition. latent_factor:
    the side of the square that one latent value covers.
    """

    side: int
    multiple: int
    max_pixels: int
    min_side: int
    max_side: int
    latent_factor: int = 8

    @classmethod
    def around(cls, side: int, multiple: int, family: str = "") -> NativeSize:
        """Limits for a model whose training side is known: areas up to 1.5 side² at aspect ratios up to 3:1.

        For side 512 these are 512 x 768 pixels, the area krita-ai-diffusion works Stable Diffusion 1.5 at. family: one
        of FAMILIES, which knows the latent factor; 8 for others.
        """
        factor = FAMILIES[family].latent_factor if family in FAMILIES else 8
        return cls(side, multiple, side * side * 3 // 2, side // 2, side * 3 // 2, factor)


@dataclass(frozen=True)
class FamilyDefaults:
    """Per architecture: what a request gets where it says nothing."""

    name: str
    native_side: int
    multiple: int  # latent factor times what the UNet's downsampling needs
    steps: int
    guidance_scale: float
    latent_factor: int = 8


FAMILIES: dict[str, FamilyDefaults] = {
    "sd1": FamilyDefaults("sd1", 512, 64, 25, 7.0),
    "sd2-base": FamilyDefaults("sd2-base", 512, 64, 25, 7.0),
    "sd2": FamilyDefaults("sd2", 768, 64, 25, 7.0),
    "starter": FamilyDefaults("starter", 128, 16, 10, 2.0, latent_factor=4),
}
