"""How the layers of FLUX.2's transformer are called in LoRA files, beside diffusers' names (standard library only).

kohya's scripts and ComfyUI have the names of https://github.com/black-forest-labs/flux2, the former with _ for each
dot.
"""

from __future__ import annotations

from collections.abc import Iterator

DOUBLE, SINGLE = 8, 48  # blocks of the largest models
LAYERS = (
    "transformer_blocks_",
    "single_transformer_blocks_",
    "x_embedder",
    "context_embedder",
    "time_guidance_embed_",
    "double_stream_modulation_",
    "single_stream_modulation_",
    "norm_out_",
    "proj_out",
)
FUSED = {
    "attn_to_qkv": dict.fromkeys(("attn_to_q", "attn_to_k", "attn_to_v"), 1),
    "attn_to_added_qkv": dict.fromkeys(("attn_add_q_proj", "attn_add_k_proj", "attn_add_v_proj"), 1),
}
_PLAIN = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in_in_layer": "time_guidance_embed_timestep_embedder_linear_1",
    "time_in_out_layer": "time_guidance_embed_timestep_embedder_linear_2",
    "final_layer_linear": "proj_out",
}
_OF_DOUBLE = {
    "img_attn_qkv": "attn_to_qkv",
    "img_attn_proj": "attn_to_out_0",
    "img_mlp_0": "ff_linear_in",
    "img_mlp_2": "ff_linear_out",
    "txt_attn_qkv": "attn_to_added_qkv",
    "txt_attn_proj": "attn_to_add_out",
    "txt_mlp_0": "ff_context_linear_in",
    "txt_mlp_2": "ff_context_linear_out",
}
_OF_SINGLE = {"linear1": "attn_to_qkv_mlp_proj", "linear2": "attn_to_out"}


def _renamed() -> Iterator[tuple[str, str]]:
    yield from _PLAIN.items()
    for modulation in ("double_stream_modulation_img", "double_stream_modulation_txt", "single_stream_modulation"):
        for end in ("linear", "lin"):  # the first, as diffusers has it, is asked for first
            yield f"{modulation}_{end}", f"{modulation}_linear"
    for block in range(DOUBLE):
        for theirs, ours in _OF_DOUBLE.items():
            yield f"double_blocks_{block}_{theirs}", f"transformer_blocks_{block}_{ours}"
    for block in range(SINGLE):
        for theirs, ours in _OF_SINGLE.items():
            yield f"single_blocks_{block}_{theirs}", f"single_transformer_blocks_{block}_{ours}"
        of_list = f"single_transformer_blocks_{block}_attn_to_out"  # a layer here, and the first of a list elsewhere
        yield f"{of_list}_0", of_list


RENAMED = dict(_renamed())
