"""The tensors of published single files of Krea 2: names and shapes, made from the architecture.

Layout: https://github.com/krea-ai/krea-2, as https://huggingface.co/Comfy-Org/Krea-2 publishes it too: the transformer
alone, in the names of its makers' code.
"""

from __future__ import annotations

from collections.abc import Iterator

Shapes = dict[str, tuple[int, ...]]
WIDTH, KEYS, INNER, HEAD, PATCH, TIME, BLOCKS = 6144, 1536, 16_384, 128, 64, 256, 28
TEXT, TEXT_INNER, READ = 2560, 6912, 12


def transformer(root: str = "", blocks: int = BLOCKS) -> Shapes:
    """root: what some programs write before each name."""
    return {f"{root}{name}": shape for name, shape in _tensors(blocks)}


def _tensors(blocks: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _linear("first", WIDTH, PATCH)
    yield from _linear("tmlp.0", WIDTH, TIME)
    yield from _linear("tmlp.2", WIDTH, WIDTH)
    yield from _linear("tproj.1", 6 * WIDTH, WIDTH)
    yield "txtmlp.0.scale", (TEXT,)
    yield from _linear("txtmlp.1", WIDTH, TEXT)
    yield from _linear("txtmlp.3", WIDTH, WIDTH)
    yield "txtfusion.projector.weight", (1, READ)
    for kind in ("layerwise_blocks", "refiner_blocks"):
        for block in range(2):
            yield from _block(f"txtfusion.{kind}.{block}", TEXT, TEXT, TEXT_INNER)
    for block in range(blocks):
        yield from _block(f"blocks.{block}", WIDTH, KEYS, INNER)
        yield f"blocks.{block}.mod.lin", (6 * WIDTH,)
    yield "last.norm.scale", (WIDTH,)
    yield "last.modulation.lin", (2, WIDTH)
    yield from _linear("last.linear", PATCH, WIDTH)


def _block(name: str, width: int, keys: int, inner: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for layer, outputs in (("wq", width), ("wk", keys), ("wv", keys), ("wo", width), ("gate", width)):
        yield f"{name}.attn.{layer}.weight", (outputs, width)
    for norm in ("qnorm", "knorm"):
        yield f"{name}.attn.qknorm.{norm}.scale", (HEAD,)
    for layer in ("gate", "up"):
        yield f"{name}.mlp.{layer}.weight", (inner, width)
    yield f"{name}.mlp.down.weight", (width, inner)
    for norm in ("prenorm", "postnorm"):
        yield f"{name}.{norm}.scale", (width,)


def _linear(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outputs, inputs)
    yield f"{name}.bias", (outputs,)
