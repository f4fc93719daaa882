"""What the tensors of a single file tell of a FLUX.1 transformer (standard library only).

Names: https://github.com/black-forest-labs/flux, after nothing or after what ComfyUI writes before them; or diffusers'.
"""

from __future__ import annotations

from collections.abc import Collection

from ..transformer_files import ROOTS, Shapes, has_each

TEXT_IN = ("txt_in.weight", "context_embedder.weight")
SUMMARY_IN = ("vector_in.in_layer.weight", "time_text_embed.text_embedder.linear_1.weight")
PICTURE_IN = ("img_in.weight", "x_embedder.weight")
PICTURE_OUT = ("final_layer.linear.weight", "proj_out.weight")
FIRST = ("double_blocks.0.img_mod.lin.weight", "transformer_blocks.0.norm1.linear.weight")
SINGLE = ("single_blocks.0.linear1.weight", "single_transformer_blocks.0.proj_mlp.weight")
MARKS = (TEXT_IN, SUMMARY_IN, FIRST)  # together: Chroma has no summary, FLUX.2 neither, and films another txt_in
NEEDED = (*MARKS, PICTURE_IN, PICTURE_OUT, SINGLE)
GUIDED = ("guidance_in.in_layer.weight", "time_text_embed.guidance_embedder.linear_1.weight")
CONTROL = "controlnet_"  # begins the names of what a ControlNet has beside
INSIDE = {  # what tells the components that a file has beside, and what comes before the names of each
    "text_encoder": ("text_encoders.clip_l.transformer.", "text_model.final_layer_norm.weight"),
    "text_encoder_2": ("text_encoders.t5xxl.transformer.", "encoder.final_layer_norm.weight"),
    "vae": ("vae.", "decoder.conv_in.weight"),
}


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of FLUX.1."""
    marks = tuple(zip(*MARKS, strict=True))  # of the makers, and of diffusers
    return next((root for root in ROOTS for mark in marks if all(f"{root}{name}" in names for name in mark)), None)


def height_of(shapes: Shapes, root: str, names: Collection[str]) -> int:
    """Of what goes out of the layer with one of these names; 0 where there is none."""
    shape = next((shapes[root + name] for name in names if root + name in shapes), ())
    return shape[0] if len(shape) == 2 else 0


def is_whole(names: Collection[str], root: str) -> bool:
    return has_each(names, root, NEEDED)


def is_control(names: Collection[str], root: str) -> bool:
    return any(name.startswith(root + CONTROL) for name in names)


def is_guided(names: Collection[str], root: str) -> bool:
    """Whether the transformer is told a guidance, as all but schnell are."""
    return any(root + name in names for name in GUIDED)


def inside(names: Collection[str]) -> frozenset[str]:
    """The components that a file has beside the transformer."""
    return frozenset(part for part, (root, mark) in INSIDE.items() if root + mark in names)
