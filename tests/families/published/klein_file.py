"""The tensors of published single files of FLUX.2 Klein: names and shapes, made from the architecture.

Layout: https://github.com/black-forest-labs/flux2, as black-forest-labs and ComfyUI publish it: the transformer alone.
"""

from __future__ import annotations

from collections.abc import Iterator

Shapes = dict[str, tuple[int, ...]]
SIZES = {"4b": (3072, 5, 20, 7680), "9b": (4096, 8, 24, 12288)}  # width, blocks of both kinds, width of the text
CHANNELS, HEAD, TIME, WIDER = 128, 128, 256, 3


def transformer(size: str, root: str = "") -> Shapes:
    """size: "4b" or "9b". root: what ComfyUI writes before each name."""
    return {f"{root}{name}.{end}": shape for name, end, shape in _tensors(*SIZES[size])}


def _tensors(width: int, double: int, single: int, text: int) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    yield "img_in", "weight", (width, CHANNELS)
    yield "txt_in", "weight", (width, text)
    yield "time_in.in_layer", "weight", (width, TIME)
    yield "time_in.out_layer", "weight", (width, width)
    for stream in ("img", "txt"):
        yield f"double_stream_modulation_{stream}.lin", "weight", (6 * width, width)
    yield "single_stream_modulation.lin", "weight", (3 * width, width)
    for block in range(double):
        for stream in ("img", "txt"):
            name = f"double_blocks.{block}.{stream}"
            yield f"{name}_attn.qkv", "weight", (3 * width, width)
            yield f"{name}_attn.norm.query_norm", "scale", (HEAD,)
            yield f"{name}_attn.norm.key_norm", "scale", (HEAD,)
            yield f"{name}_attn.proj", "weight", (width, width)
            yield f"{name}_mlp.0", "weight", (2 * WIDER * width, width)
            yield f"{name}_mlp.2", "weight", (width, WIDER * width)
    for block in range(single):
        name = f"single_blocks.{block}"
        yield f"{name}.linear1", "weight", ((3 + 2 * WIDER) * width, width)
        yield f"{name}.linear2", "weight", (width, (1 + WIDER) * width)
        yield f"{name}.norm.query_norm", "scale", (HEAD,)
        yield f"{name}.norm.key_norm", "scale", (HEAD,)
    yield "final_layer.adaLN_modulation.1", "weight", (2 * width, width)
    yield "final_layer.linear", "weight", (CHANNELS, width)
