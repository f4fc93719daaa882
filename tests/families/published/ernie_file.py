"""The tensors of published single files of ERNIE-Image: names and shapes, made from the architecture.

Layout: https://huggingface.co/Comfy-Org/ERNIE-Image: the transformer alone, in the names of diffusers.
"""

from __future__ import annotations

Shapes = dict[str, tuple[int, ...]]
WIDTH, INNER, TEXT, CHANNELS, HEAD, BLOCKS = 4096, 12_288, 3072, 128, 128, 36


def transformer(root: str = "", blocks: int = BLOCKS) -> Shapes:
    """root: what ComfyUI writes before each name."""
    shapes: Shapes = {
        "x_embedder.proj.weight": (WIDTH, CHANNELS, 1, 1),
        "x_embedder.proj.bias": (WIDTH,),
        "text_proj.weight": (WIDTH, TEXT),
    }
    for name, outputs in {
        "time_embedding.linear_1": WIDTH,
        "time_embedding.linear_2": WIDTH,
        "adaLN_modulation.1": 6 * WIDTH,
        "final_norm.linear": 2 * WIDTH,
        "final_linear": CHANNELS,
    }.items():
        shapes |= {f"{name}.weight": (outputs, WIDTH), f"{name}.bias": (outputs,)}
    for block in range(blocks):
        before = f"layers.{block}"
        attention = ("to_q", "to_k", "to_v", "to_out.0")
        shapes |= {f"{before}.self_attention.{name}.weight": (WIDTH, WIDTH) for name in attention}
        shapes |= {f"{before}.self_attention.{name}.weight": (HEAD,) for name in ("norm_q", "norm_k")}
        shapes |= {f"{before}.{name}.weight": (WIDTH,) for name in ("adaLN_sa_ln", "adaLN_mlp_ln")}
        shapes |= {f"{before}.mlp.{name}.weight": (INNER, WIDTH) for name in ("gate_proj", "up_proj")}
        shapes[f"{before}.mlp.linear_fc2.weight"] = (WIDTH, INNER)
    return {f"{root}{name}": shape for name, shape in shapes.items()}
