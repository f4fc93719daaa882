"""The tensors of published single files of Qwen-Image 2.1: names and shapes, made from the architecture.

Layouts: https://huggingface.co/Comfy-Org/Qwen-Image-2.1, with two layers of each block as one, and diffusers' own.
"""

from __future__ import annotations

Shapes = dict[str, tuple[int, ...]]
WIDTH, INNER, TEXT, CHANNELS, HEAD, TIME, BLOCKS = 4096, 12_288, 4096, 64, 128, 256, 32


def transformer(root: str = "", blocks: int = BLOCKS, *, fused: bool = True) -> Shapes:
    """root: what ComfyUI writes before each name. fused: as ComfyUI has it."""
    shapes: Shapes = {
        "img_in.weight": (WIDTH, CHANNELS),
        "txt_in.text_norm.weight": (TEXT,),
        "txt_in.in_layer.weight": (WIDTH, TEXT),
        "txt_in.out_layer.weight": (WIDTH, WIDTH),
        "time_text_embed.timestep_embedder.linear_1.weight": (WIDTH, TIME),
        "time_text_embed.timestep_embedder.linear_2.weight": (WIDTH, WIDTH),
        "modulation.1.weight": (4 * WIDTH, WIDTH),
        "norm_out.linear.weight": (WIDTH, WIDTH),
        "proj_out.weight": (CHANNELS, WIDTH),
    }
    into = {"gate_up": 2 * INNER} if fused else {"gate_layer": INNER, "proj": INNER}
    for block in range(blocks):
        before = f"transformer_blocks.{block}"
        shapes |= {f"{before}.attn.{name}.weight": (WIDTH, WIDTH) for name in ("to_q", "to_k", "to_v", "to_out.0")}
        shapes |= {f"{before}.attn.{name}.weight": (HEAD,) for name in ("norm_q", "norm_k")}
        shapes |= {f"{before}.img_mlp.{name}.weight": (outputs, WIDTH) for name, outputs in into.items()}
        shapes[f"{before}.img_mlp.out.weight"] = (WIDTH, INNER)
    return {f"{root}{name}": shape for name, shape in shapes.items()}
