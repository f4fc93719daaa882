"""What the tensors of a single file tell of a FLUX.2 transformer (standard library only).

Names: https://github.com/black-forest-labs/flux2, after nothing or after what ComfyUI writes before them.
"""

from __future__ import annotations

from collections.abc import Collection

from ..transformer_files import ROOTS, Shapes, has_each

MARKS = ("single_stream_modulation.lin.weight", "single_stream_modulation.linear.weight")  # FLUX.1 has none
NEEDED = (
    ("double_blocks.0.img_attn.qkv.weight", "transformer_blocks.0.attn.to_q.weight"),
    ("single_blocks.0.linear1.weight", "single_transformer_blocks.0.attn.to_qkv_mlp_proj.weight"),
    ("final_layer.linear.weight", "proj_out.weight"),
)
TEXT_IN = ("txt_in.weight", "context_embedder.weight")
PICTURE_IN = ("img_in.weight", "x_embedder.weight")


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of FLUX.2."""
    return next((root for root in ROOTS for mark in MARKS if f"{root}{mark}" in names), None)


def width_of(shapes: Shapes, root: str) -> int:
    """Of the transformer; 0 where the tensor that tells it is none."""
    shape = next(shapes[root + mark] for mark in MARKS if root + mark in shapes)
    return shape[1] if len(shape) == 2 else 0


def is_whole(shapes: Shapes, root: str) -> bool:
    return has_each(shapes, root, NEEDED)
