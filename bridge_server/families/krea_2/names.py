"""How the layers of Krea 2's transformer are called in its makers' code and in LoRA files, beside diffusers' names
(standard library only).

https://github.com/krea-ai/krea-2; kohya's scripts write _ for each dot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

BLOCKS = 28  # of the published models
FUSION_BLOCKS = {"layerwise_blocks": 2, "refiner_blocks": 2}
LAYERS = ("transformer_blocks_", "text_fusion_", "txt_in_", "time_embed_", "time_mod_proj", "img_in", "final_layer_")
IN_BLOCK = {
    "attn_wq": "attn_to_q",
    "attn_wk": "attn_to_k",
    "attn_wv": "attn_to_v",
    "attn_wo": "attn_to_out_0",
    "attn_gate": "attn_to_gate",
    "mlp_": "ff_",
}
ALONE = {
    "first": "img_in",
    "last_": "final_layer_",
    "tmlp_0": "time_embed_linear_1",
    "tmlp_2": "time_embed_linear_2",
    "tproj_1": "time_mod_proj",
    "txtmlp_1": "txt_in_linear_1",
    "txtmlp_3": "txt_in_linear_2",
    "txtfusion_projector": "text_fusion_projector",
}


def _blocks() -> Iterator[tuple[str, str]]:
    """Theirs and ours."""
    for block in range(BLOCKS):
        yield f"blocks_{block}_", f"transformer_blocks_{block}_"
    for kind, count in FUSION_BLOCKS.items():
        for block in range(count):
            yield f"txtfusion_{kind}_{block}_", f"text_fusion_{kind}_{block}_"


RENAMED: Mapping[str, str] = {
    **{theirs + old: ours + new for theirs, ours in _blocks() for old, new in IN_BLOCK.items()},
    **ALONE,
}
