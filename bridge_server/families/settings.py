"""What the settings beside a model may be (standard library only); a family names those that it takes.

name, family, license and note are every model's own and belong to no family.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from ..models.bounds import MAX_NATIVE_SIDE
from ..operations.limits import MAX_GUIDANCE, MAX_STEPS, MIN_STRENGTH
from .base import Setting

MAX_RGB = 100.0  # of a number in latent_rgb: colours are 0..1, latents mostly -4..4


def is_text(value: Any) -> bool:
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


def _is_here(value: Any) -> bool:
    """Whether it can be a path, and leads to no other computer."""
    return is_text(value) and not value.startswith(("\\\\", "//"))


COMMON: Mapping[str, Setting] = dict.fromkeys(("name", "family", "license", "note"), is_text)
PAINTING: Mapping[str, Setting] = {
    "native_resolution": _is_side,
    "size_multiple": _is_side,
    "steps": lambda value: _is_whole(value) and 1 <= value <= MAX_STEPS,
    "guidance_scale": lambda value: _is_number(value) and 0 <= value <= MAX_GUIDANCE,
    "removal_strength": lambda value: _is_number(value) and MIN_STRENGTH <= value <= 1,
    "img2img_strength": lambda value: _is_number(value) and MIN_STRENGTH <= value <= 1,
    "removal_detail": lambda value: _is_number(value) and 0.5 <= value <= 64,
    "hires_with_prompt": lambda value: isinstance(value, bool),
    "background_with_prompt": lambda value: isinstance(value, bool),
    "sampler": is_text,
    "config": _is_here,
    "latent_rgb": _is_matrix,
}
APART: Mapping[str, Setting] = dict.fromkeys(("text_encoder", "tokenizer", "vae"), _is_here)
"""For families whose single files have what paints alone: where the rest is."""
SECOND_TEXT: Mapping[str, Setting] = dict.fromkeys(("text_encoder_2", "tokenizer_2"), _is_here)
"""For those of them with a second text encoder."""
THIRD_TEXT: Mapping[str, Setting] = dict.fromkeys(
    ("text_encoder_3", "tokenizer_3"), lambda value: value is False or _is_here(value)
)
"""For those with a third, which they can do without: false leaves it out."""
