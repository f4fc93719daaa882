"""The tensors of published single files of Z-Image: names and shapes, made from the architecture.

Layout: https://github.com/Tongyi-MAI/Z-Image with one layer for queries, keys and values, as Comfy-Org publishes it:
the transformer alone.
"""

from __future__ import annotations

from collections.abc import Iterator

Shapes = dict[str, tuple[int, ...]]
WIDTH, HEAD, TEXT, TIME, INNER, PATCH = 3840, 128, 2560, 256, 10_240, 64
LAYERS, REFINERS, EMBEDDER = 30, 2, 1024


def transformer(root: str = "") -> Shapes:
    """root: what some programs write before each name."""
    return {f"{root}{name}": shape for name, shape in _tensors()}


def _tensors() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "x_pad_token", (1, WIDTH)
    yield "cap_pad_token", (1, WIDTH)
    yield from _linear("x_embedder", WIDTH, PATCH)
    yield "cap_embedder.0.weight", (TEXT,)
    yield from _linear("cap_embedder.1", WIDTH, TEXT)
    yield from _linear("t_embedder.mlp.0", EMBEDDER, TIME)
    yield from _linear("t_embedder.mlp.2", TIME, EMBEDDER)
    for blocks, count in (("layers", LAYERS), ("noise_refiner", REFINERS), ("context_refiner", REFINERS)):
        for block in range(count):
            yield from _block(f"{blocks}.{block}", is_modulated=blocks != "context_refiner")
    yield from _linear("final_layer.adaLN_modulation.1", WIDTH, TIME)
    yield from _linear("final_layer.linear", PATCH, WIDTH)


def _block(name: str, *, is_modulated: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.attention.qkv.weight", (3 * WIDTH, WIDTH)
    yield f"{name}.attention.out.weight", (WIDTH, WIDTH)
    yield f"{name}.attention.q_norm.weight", (HEAD,)
    yield f"{name}.attention.k_norm.weight", (HEAD,)
    for gate in ("w1", "w3"):
        yield f"{name}.feed_forward.{gate}.weight", (INNER, WIDTH)
    yield f"{name}.feed_forward.w2.weight", (WIDTH, INNER)
    for norm in ("attention_norm1", "attention_norm2", "ffn_norm1", "ffn_norm2"):
        yield f"{name}.{norm}.weight", (WIDTH,)
    if is_modulated:
        yield from _linear(f"{name}.adaLN_modulation.0", 4 * WIDTH, TIME)


def _linear(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outputs, inputs)
    yield f"{name}.bias", (outputs,)
