"""`layerbridge.json`: what its owner says about a model, beside its files (standard library only).

In a diffusers folder it is `layerbridge.json`; for `flowers.safetensors` it is `flowers.layerbridge.json`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from ..operations.limits import MAX_GUIDANCE, MAX_STEPS, MIN_STRENGTH
from .bounds import MAX_NATIVE_SIDE
from .reading import read_json, unreadable

FILE_NAME = "layerbridge.json"
MAX_RGB = 100.0  # of a number in latent_rgb: colours are 0..1, latents mostly -4..4

LatentRgb = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Overrides:
    """Each None leaves what the files themselves say.

    removal_strength: of an inpaint or outpaint with an empty prompt that does not say its own, 0.01 to 1; below 1 it
    begins from the continued surroundings of what it repaints, not from noise alone. removal_detail: the result then is
    that start with the model's luma details, so far as they are finer than so many working pixels (the sigma of a
    Gaussian, 0.5 to 64); None: with all that the model changed. refine_with_prompt: false where the tiles of
    the second pass show the model too little of a thing to go on with it; a job with a prompt is then painted once.

    native_side, multiple: pixels of the working picture. latent_rgb: one row per latent channel and a last row, the
    constant; columns red, green, blue in 0..1; latents as the UNet sees them (scaled). config: a folder in diffusers
    layout with the configurations and tokenizer for a single file, relative to the file.
    """

    name: str | None = None
    family: str | None = None
    licence: str | None = None
    native_side: int | None = None
    multiple: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    removal_strength: float | None = None
    removal_detail: float | None = None
    refine_with_prompt: bool | None = None
    sampler: str | None = None
    note: str | None = None
    config: str | None = None
    latent_rgb: LatentRgb | None = None


def read_overrides(path: Path) -> Overrides:
    """The overrides in `path`, or none where there is no such file. Raises BridgeError(model_unreadable)."""
    if not os.path.lexists(path):
        return Overrides()
    values = read_json(path)
    checks: dict[str, Callable[[Any], bool]] = {
        "name": _is_text,
        "family": _is_text,
        "licence": _is_text,
        "native_side": _is_side,
        "multiple": _is_side,
        "steps": lambda value: _is_whole(value) and 1 <= value <= MAX_STEPS,
        "guidance_scale": lambda value: _is_number(value) and 0 <= value <= MAX_GUIDANCE,
        "removal_strength": lambda value: _is_number(value) and MIN_STRENGTH <= value <= 1,
        "removal_detail": lambda value: _is_number(value) and 0.5 <= value <= 64,
        "refine_with_prompt": lambda value: isinstance(value, bool),
        "sampler": _is_text,
        "note": _is_text,
        "config": lambda value: _is_text(value) and not value.startswith(("\\\\", "//")),  # another computer
        "latent_rgb": _is_matrix,
    }
    known = {field.name for field in fields(Overrides)} & values.keys()
    for key in sorted(known):
        if not checks[key](values[key]):
            raise unreadable(path, f"{key} has the value {values[key]!r:.100}, which cannot be")
    chosen = {key: values[key] for key in known}
    if "latent_rgb" in chosen:
        chosen["latent_rgb"] = tuple(tuple(float(value) for value in row) for row in chosen["latent_rgb"])
    return Overrides(**chosen)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 500


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_side(value: Any) -> bool:
    return _is_whole(value) and 1 <= value <= MAX_NATIVE_SIDE


def _is_matrix(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    rows = cast("list[Any]", value)
    return 2 <= len(rows) <= 65 and all(isinstance(row, list) and _is_row(cast("list[Any]", row)) for row in rows)


def _is_row(row: list[Any]) -> bool:
    return len(row) == 3 and all(_is_number(value) and abs(value) <= MAX_RGB for value in row)
