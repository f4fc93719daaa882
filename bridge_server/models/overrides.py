"""`layerbridge.json`: what its owner says about a model, beside its files (standard library only).

In a diffusers folder it is `layerbridge.json`; for `flowers.safetensors` it is `flowers.layerbridge.json`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..families.base import FamilySpec, Setting
from ..families.settings import COMMON
from .reading import read_json, unreadable

FILE_NAME = "layerbridge.json"

LatentRgb = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Overrides:
    """Each None leaves what the files themselves say.

    removal_strength: of an inpaint or outpaint with an empty prompt that does not say its own, 0.01 to 1; below 1 it
    begins from the continued surroundings of what it repaints, not from noise alone. removal_detail: the result then is
    that start with the model's luma details, so far as they are finer than so many working pixels (the sigma of a
    Gaussian, 0.5 to 64); None: with all that the model changed. hires_with_prompt: false where the tiles of
    the second pass show the model too little of a thing to go on with it; a job with a prompt is then painted once.

    background_with_prompt: false where the model paints things and no surroundings: of an inpaint with a prompt only
    the thing is taken, and around it the picture goes on by example. img2img_strength: of an image to image that does
    not say its own, 0.01 to 1.

    native_resolution, size_multiple: pixels of the working picture. latent_rgb: one row per latent channel and a last
    row, the constant; columns red, green, blue in 0..1; latents as the UNet sees them (scaled). config: a folder in
    diffusers layout with the configurations and tokenizer for a single file, relative to the file.
    """

    name: str | None = None
    family: str | None = None
    license: str | None = None
    native_resolution: int | None = None
    size_multiple: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    removal_strength: float | None = None
    removal_detail: float | None = None
    img2img_strength: float | None = None
    hires_with_prompt: bool | None = None
    background_with_prompt: bool | None = None
    sampler: str | None = None
    note: str | None = None
    config: str | None = None
    latent_rgb: LatentRgb | None = None


@dataclass(frozen=True)
class Sidecar:
    """A layerbridge.json as it is; values: all that it says."""

    path: Path
    values: Mapping[str, Any]

    @property
    def name(self) -> str | None:
        return self.values.get("name")

    @property
    def family(self) -> str | None:
        return self.values.get("family")

    @property
    def license(self) -> str | None:
        return self.values.get("license")

    def overrides(self, spec: FamilySpec) -> Overrides:
        """What a model of this family takes from it. Raises BridgeError(model_unreadable) for a setting that the family
        does not have, or that cannot be.
        """
        for key in sorted(self.values.keys() - COMMON.keys()):
            if key not in spec.settings:
                known = ", ".join(sorted([*COMMON, *spec.settings]))
                raise unreadable(self.path, f"{spec.title} has no setting {key!r:.100}; there are {known}")
        _check(self.path, self.values, spec.settings)
        chosen = {field.name: self.values[field.name] for field in fields(Overrides) if field.name in self.values}
        if "latent_rgb" in chosen:
            chosen["latent_rgb"] = tuple(tuple(float(value) for value in row) for row in chosen["latent_rgb"])
        return Overrides(**chosen)


def read_sidecar(path: Path) -> Sidecar:
    """What is said in `path`, or nothing where there is no such file. What a family has to judge is not checked yet.

    Raises BridgeError(model_unreadable).
    """
    if not os.path.lexists(path):
        return Sidecar(path, {})
    values = read_json(path)
    _check(path, values, COMMON)
    return Sidecar(path, values)


def _check(path: Path, values: Mapping[str, Any], settings: Mapping[str, Setting]) -> None:
    for key in sorted(values.keys() & settings.keys()):
        if not settings[key](values[key]):
            raise unreadable(path, f"{key} has the value {values[key]!r:.100}, which cannot be")
