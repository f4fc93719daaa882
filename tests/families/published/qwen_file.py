"""The tensors of published single files of Qwen-Image: names and shapes, made from the architecture.

Layout: https://huggingface.co/Comfy-Org/Qwen-Image_ComfyUI: the transformer alone, in the names of diffusers.
"""

from __future__ import annotations

from collections.abc import Iterator

Shapes = dict[str, tuple[int, ...]]
WIDTH, TEXT, CHANNELS, HEAD, TIME, BLOCKS = 3072, 3584, 64, 128, 256, 60
STREAMS = {
    "img": ("to_q", "to_k", "to_v", "to_out.0", "norm_q", "norm_k"),
    "txt": ("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out", "norm_added_q", "norm_added_k"),
}


def transformer(root: str = "", blocks: int = BLOCKS) -> Shapes:
    """root: what ComfyUI writes before each name."""
    shapes: Shapes = {f"{root}txt_norm.weight": (TEXT,)}
    for name, outputs, inputs in _layers(blocks):
        shapes |= {f"{root}{name}.weight": (outputs, inputs), f"{root}{name}.bias": (outputs,)}
    for block in range(blocks):
        for *_, query, key in STREAMS.values():
            shapes |= {f"{root}transformer_blocks.{block}.attn.{norm}.weight": (HEAD,) for norm in (query, key)}
    return shapes


def layered_transformer(root: str = "", blocks: int = BLOCKS) -> Shapes:
    """Qwen-Image-Layered's, as https://huggingface.co/Comfy-Org/Qwen-Image-Layered_ComfyUI keeps it."""
    return transformer(root, blocks) | {f"{root}time_text_embed.addition_t_embedding.weight": (2, WIDTH)}


def _layers(blocks: int) -> Iterator[tuple[str, int, int]]:
    yield "img_in", WIDTH, CHANNELS
    yield "txt_in", WIDTH, TEXT
    yield "time_text_embed.timestep_embedder.linear_1", WIDTH, TIME
    yield "time_text_embed.timestep_embedder.linear_2", WIDTH, WIDTH
    yield "norm_out.linear", 2 * WIDTH, WIDTH
    yield "proj_out", CHANNELS, WIDTH
    for block in range(blocks):
        for stream, parts in STREAMS.items():
            name = f"transformer_blocks.{block}"
            yield f"{name}.{stream}_mod.1", 6 * WIDTH, WIDTH
            yield f"{name}.{stream}_mlp.net.0.proj", 4 * WIDTH, WIDTH
            yield f"{name}.{stream}_mlp.net.2", WIDTH, 4 * WIDTH
            for part in parts[:4]:
                yield f"{name}.attn.{part}", WIDTH, WIDTH
