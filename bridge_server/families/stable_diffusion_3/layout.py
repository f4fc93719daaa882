"""What the tensors of a single file tell of Stable Diffusion 3 (standard library only).

Names: https://github.com/Stability-AI/sd3.5, after nothing or after what its makers and ComfyUI write before them; or
diffusers' SD3Transformer2DModel. A file may have the autoencoder and the text encoders beside.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..transformer_files import ROOTS, Shapes, has_each

PICTURE_IN = ("x_embedder.proj.weight", "pos_embed.proj.weight")
TEXT_IN = ("context_embedder.weight",)
FIRST = ("joint_blocks.0.context_block.attn.qkv.weight", "transformer_blocks.0.attn.add_q_proj.weight")
PLACES = ("pos_embed", "pos_embed.pos_embed")
PICTURE_OUT = ("final_layer.linear.weight", "proj_out.weight")
SUMMARY_IN = ("y_embedder.mlp.0.weight", "time_text_embed.text_embedder.linear_1.weight")
MARKS = (PICTURE_IN, FIRST, PLACES)  # together: FLUX.1's blocks have no places and no patches
NEEDED = (*MARKS, TEXT_IN, PICTURE_OUT, SUMMARY_IN)
BLOCK = re.compile(r"(?:joint|transformer)_blocks\.(\d{1,3})\.(?:x_block\.attn\.qkv|attn\.to_q)\.weight")
TWICE = re.compile(r"(?:joint|transformer)_blocks\.\d{1,3}\.(?:x_block\.)?attn2\.")  # attention of a picture to itself
CONTROL = "controlnet_"
INSIDE = {  # what comes before the names of the components that a file has beside, and what tells them
    "vae": ("first_stage_model.", "decoder.conv_in.weight"),
    "text_encoder": ("text_encoders.clip_l.transformer.", "text_model.final_layer_norm.weight"),
    "text_encoder_2": ("text_encoders.clip_g.transformer.", "text_model.final_layer_norm.weight"),
    "text_encoder_3": ("text_encoders.t5xxl.transformer.", "encoder.final_layer_norm.weight"),
}


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of Stable Diffusion 3."""
    marks = tuple(zip(*MARKS, strict=True))  # of the makers, and of diffusers
    return next((root for root in ROOTS for mark in marks if all(f"{root}{name}" in names for name in mark)), None)


def is_whole(names: Collection[str], root: str) -> bool:
    return has_each(names, root, NEEDED)


def is_control(names: Collection[str], root: str) -> bool:
    return any(name.startswith(root + CONTROL) for name in names)


def blocks_of(names: Collection[str], root: str) -> int:
    """How many blocks there are, counted to the first that is missing."""
    found = {int(match[1]) for name in names if (match := BLOCK.fullmatch(name.removeprefix(root)))}
    return next(number for number in range(len(found) + 1) if number not in found)


def attends_twice(names: Collection[str], root: str) -> bool:
    """Whether pictures attend to themselves besides, as those of 3.5 Medium do."""
    return any(TWICE.match(name.removeprefix(root)) for name in names)


def width_of(shapes: Shapes, root: str) -> int:
    """Of the transformer; 0 where the tensor that tells it is none."""
    shape = next((shapes[root + name] for name in PICTURE_IN if root + name in shapes), ())
    return shape[0] if len(shape) == 4 else 0


def values_of(shapes: Shapes, root: str) -> int:
    """Channels of the autoencoder; 0 where the tensor that tells them is none."""
    shape = next((shapes[root + name] for name in PICTURE_IN if root + name in shapes), ())
    return shape[1] if len(shape) == 4 else 0


def inside(names: Collection[str]) -> frozenset[str]:
    """The components that a file has beside the transformer."""
    return frozenset(part for part, (root, mark) in INSIDE.items() if root + mark in names)
