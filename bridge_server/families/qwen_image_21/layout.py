"""What the tensors of a single file tell of Qwen-Image 2.1's transformer (standard library only).

Its makers' names are diffusers'; ComfyUI writes something before them, and two layers of each block as one.
"""

from __future__ import annotations

from collections.abc import Collection

from ..transformer_files import ROOTS, has_each

MARKS = ("txt_in.text_norm.weight", "modulation.1.weight")  # together
NEEDED = (
    ("img_in.weight",),
    ("txt_in.in_layer.weight",),
    ("transformer_blocks.0.img_mlp.gate_up.weight", "transformer_blocks.0.img_mlp.gate_layer.weight"),
    ("norm_out.linear.weight",),
    ("proj_out.weight",),
)
CONTROL = "control_"  # begins the names of what a ControlNet has beside


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of Qwen-Image 2.1."""
    return next((root for root in ROOTS if all(f"{root}{mark}" in names for mark in MARKS)), None)


def is_whole(names: Collection[str], root: str) -> bool:
    return has_each(names, root, NEEDED)


def is_control(names: Collection[str], root: str) -> bool:
    return any(name.startswith(root + CONTROL) for name in names)
