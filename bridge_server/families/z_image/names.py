"""How the layers of Z-Image's transformer are called in LoRA files, beside diffusers' names (standard library only).

Those of https://github.com/Tongyi-MAI/Z-Image, as ComfyUI has them; kohya's scripts write _ for each dot.
"""

from __future__ import annotations

BLOCKS = {"layers": 30, "noise_refiner": 2, "context_refiner": 2}  # of the published models
LAYERS = ("layers_", "noise_refiner_", "context_refiner_", "all_x_embedder_", "all_final_layer_", "cap_", "t_embedder_")
FUSED = {"attention_qkv": {"attention_to_q": 1, "attention_to_k": 1, "attention_to_v": 1}}
RENAMED = {
    "x_embedder": "all_x_embedder_2-1",
    "final_layer_": "all_final_layer_2-1_",
    **{
        f"{blocks}_{block}_attention_out": f"{blocks}_{block}_attention_to_out_0"
        for blocks, count in BLOCKS.items()
        for block in range(count)
    },
}
