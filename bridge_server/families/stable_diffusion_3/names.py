"""How the layers of Stable Diffusion 3's transformer are called in its makers' code and in LoRA files, beside the names
of diffusers (standard library only).

https://github.com/Stability-AI/sd3.5; kohya's scripts write _ for each dot. What the makers' code has in another order
than diffusers (the modulation of the last layers) is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator

LAYERS = ("transformer_blocks_", "pos_embed_proj", "context_embedder", "time_text_embed_", "proj_out", "norm_out_")
IN_BLOCK = {
    "x_block_attn_qkv": "attn_qkv",
    "x_block_attn_proj": "attn_to_out_0",
    "x_block_attn2_qkv": "attn2_qkv",
    "x_block_attn2_proj": "attn2_to_out_0",
    "x_block_mlp_fc1": "ff_net_0_proj",
    "x_block_mlp_fc2": "ff_net_2",
    "x_block_adaLN_modulation_1": "norm1_linear",
    "context_block_attn_qkv": "attn_context_qkv",
    "context_block_attn_proj": "attn_to_add_out",
    "context_block_mlp_fc1": "ff_context_net_0_proj",
    "context_block_mlp_fc2": "ff_context_net_2",
}
OF_CONTEXT = {"context_block_adaLN_modulation_1": "norm1_context_linear"}
ALONE = {
    "x_embedder_proj": "pos_embed_proj",
    "t_embedder_mlp_0": "time_text_embed_timestep_embedder_linear_1",
    "t_embedder_mlp_2": "time_text_embed_timestep_embedder_linear_2",
    "y_embedder_mlp_0": "time_text_embed_text_embedder_linear_1",
    "y_embedder_mlp_2": "time_text_embed_text_embedder_linear_2",
    "final_layer_linear": "proj_out",
}
FUSED = {
    "attn_qkv": dict.fromkeys(("attn_to_q", "attn_to_k", "attn_to_v"), 1),
    "attn2_qkv": dict.fromkeys(("attn2_to_q", "attn2_to_k", "attn2_to_v"), 1),
    "attn_context_qkv": dict.fromkeys(("attn_add_q_proj", "attn_add_k_proj", "attn_add_v_proj"), 1),
}


def renamed(blocks: int) -> dict[str, str]:
    """Of a transformer with so many blocks."""
    return {**dict(_of_blocks(blocks)), **ALONE}


def _of_blocks(blocks: int) -> Iterator[tuple[str, str]]:
    for block in range(blocks):
        for old, new in {**IN_BLOCK, **(OF_CONTEXT if block < blocks - 1 else {})}.items():
            yield f"joint_blocks_{block}_{old}", f"transformer_blocks_{block}_{new}"
