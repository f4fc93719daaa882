"""How the layers of FLUX.1's transformer are called by its makers, and by diffusers (standard library only).

Theirs are those of https://github.com/black-forest-labs/flux, which single files and ComfyUI's LoRAs have; kohya's
scripts write them with _ for each dot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

DOUBLE, SINGLE = 19, 38  # blocks of the published models
LAYERS = (
    "transformer_blocks_",
    "single_transformer_blocks_",
    "x_embedder",
    "context_embedder",
    "time_text_embed_",
    "norm_out_",
    "proj_out",
)
PLAIN = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_text_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_text_embed.timestep_embedder.linear_2",
    "vector_in.in_layer": "time_text_embed.text_embedder.linear_1",
    "vector_in.out_layer": "time_text_embed.text_embedder.linear_2",
    "guidance_in.in_layer": "time_text_embed.guidance_embedder.linear_1",
    "guidance_in.out_layer": "time_text_embed.guidance_embedder.linear_2",
    "final_layer.linear": "proj_out",
}
SWAPPED = {"final_layer.adaLN_modulation.1": "norm_out.linear"}  # shift and scale are the other way round
OF_DOUBLE = {
    "img_mod.lin": "norm1.linear",
    "txt_mod.lin": "norm1_context.linear",
    "img_attn.proj": "attn.to_out.0",
    "txt_attn.proj": "attn.to_add_out",
    "img_mlp.0": "ff.net.0.proj",
    "img_mlp.2": "ff.net.2",
    "txt_mlp.0": "ff_context.net.0.proj",
    "txt_mlp.2": "ff_context.net.2",
}
OF_SINGLE = {"modulation.lin": "norm.linear", "linear2": "proj_out"}
SEVERAL: Mapping[str, Mapping[str, int]] = {  # layers that are several in diffusers, with the share of rows of each
    "img_attn.qkv": dict.fromkeys(("attn.to_q", "attn.to_k", "attn.to_v"), 1),
    "txt_attn.qkv": dict.fromkeys(("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"), 1),
    "linear1": {"attn.to_q": 1, "attn.to_k": 1, "attn.to_v": 1, "proj_mlp": 4},
}
NORMS = {
    "img_attn.norm.query_norm.scale": "attn.norm_q.weight",
    "img_attn.norm.key_norm.scale": "attn.norm_k.weight",
    "txt_attn.norm.query_norm.scale": "attn.norm_added_q.weight",
    "txt_attn.norm.key_norm.scale": "attn.norm_added_k.weight",
    "norm.query_norm.scale": "attn.norm_q.weight",
    "norm.key_norm.scale": "attn.norm_k.weight",
}
BLOCKS = {"double_blocks": "transformer_blocks", "single_blocks": "single_transformer_blocks"}


def _flat(name: str) -> str:
    return name.replace(".", "_")


def _renamed() -> Iterator[tuple[str, str]]:
    yield from PLAIN.items()
    for blocks, count, layers in (("double_blocks", DOUBLE, OF_DOUBLE), ("single_blocks", SINGLE, OF_SINGLE)):
        for block in range(count):
            theirs, ours = f"{blocks}.{block}", f"{BLOCKS[blocks]}.{block}"
            yield from ((f"{theirs}.{old}", f"{ours}.{new}") for old, new in layers.items())
            yield f"{theirs}.", f"{ours}."  # of what is several there


RENAMED = {_flat(theirs): _flat(ours) for theirs, ours in _renamed()}
FUSED = {
    _flat(theirs): {_flat(layer): share for layer, share in several.items()} for theirs, several in SEVERAL.items()
}
