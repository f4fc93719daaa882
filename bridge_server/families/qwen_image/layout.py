"""What the tensors of a single file tell of Qwen-Image's transformer (standard library only).

Its makers' names are diffusers'; ComfyUI writes something before them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..transformer_files import ROOTS

MARKS = ("txt_norm.weight", "transformer_blocks.0.img_mod.1.weight")  # together
PICTURE_IN, PICTURE_OUT = "img_in.weight", "proj_out.weight"
NEEDED = (PICTURE_IN, "txt_in.weight", "norm_out.linear.weight", PICTURE_OUT)
CONTROL = "controlnet_"  # begins the names of what a ControlNet has beside
LAYER_MARK = "time_text_embed.addition_t_embedding.weight"  # of Qwen-Image-Layered alone
FROM_ZERO = "__index_timestep_zero__"  # ComfyUI's mark of Edit 2511: what is shown is of no time
BLOCK = re.compile(r"transformer_blocks\.(\d{1,3})\.attn\.to_q\.weight")


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of Qwen-Image."""
    return next((root for root in ROOTS if all(f"{root}{mark}" in names for mark in MARKS)), None)


def blocks_of(names: Collection[str], root: str) -> int:
    """How many blocks there are, counted to the first that is missing."""
    found = {int(match[1]) for name in names if (match := BLOCK.fullmatch(name.removeprefix(root)))}
    return next(number for number in range(len(found) + 1) if number not in found)


def is_whole(names: Collection[str], root: str) -> bool:
    return all(root + name in names for name in NEEDED)


def is_control(names: Collection[str], root: str) -> bool:
    return any(name.startswith(root + CONTROL) for name in names)
