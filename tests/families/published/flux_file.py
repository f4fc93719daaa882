"""The tensors of published single files of FLUX.1: names and shapes, made from the architecture.

Layout: https://github.com/black-forest-labs/flux, after nothing in the makers' files and after `model.diffusion_model.`
in those of ComfyUI and Forge, which may have text encoders and autoencoder, too.
"""

from __future__ import annotations

from collections.abc import Iterator

Shapes = dict[str, tuple[int, ...]]
WIDTH, HEAD, TEXT, SUMMARY, TIME, INNER = 3072, 128, 4096, 768, 256, 12_288
DOUBLE, SINGLE = 19, 38
SHOWN = {"dev": 64, "schnell": 64, "kontext": 64, "fill": 384, "canny": 128}  # channels of a token
PATCH = 64
WHOLE: Shapes = {  # the tensors that tell what else a file has
    "text_encoders.clip_l.transformer.text_model.final_layer_norm.weight": (768,),
    "text_encoders.t5xxl.transformer.encoder.final_layer_norm.weight": (4096,),
    "vae.decoder.conv_in.weight": (512, 16, 3, 3),
}


def transformer(kind: str, root: str = "") -> Shapes:
    """kind: of SHOWN. root: what some programs write before each name."""
    return {f"{root}{name}": shape for name, shape in _tensors(kind)}


def _tensors(kind: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _linear("img_in", WIDTH, SHOWN[kind])
    yield from _linear("txt_in", WIDTH, TEXT)
    embedded = {"time_in": TIME, "vector_in": SUMMARY} | ({} if kind == "schnell" else {"guidance_in": TIME})
    for name, inputs in embedded.items():
        yield from _linear(f"{name}.in_layer", WIDTH, inputs)
        yield from _linear(f"{name}.out_layer", WIDTH, WIDTH)
    for block in range(DOUBLE):
        for stream in ("img", "txt"):
            name = f"double_blocks.{block}.{stream}"
            yield from _linear(f"{name}_mod.lin", 6 * WIDTH, WIDTH)
            yield from _linear(f"{name}_attn.qkv", 3 * WIDTH, WIDTH)
            yield from _linear(f"{name}_attn.proj", WIDTH, WIDTH)
            yield from ((f"{name}_attn.norm.{norm}_norm.scale", (HEAD,)) for norm in ("query", "key"))
            yield from _linear(f"{name}_mlp.0", INNER, WIDTH)
            yield from _linear(f"{name}_mlp.2", WIDTH, INNER)
    for block in range(SINGLE):
        name = f"single_blocks.{block}"
        yield from _linear(f"{name}.modulation.lin", 3 * WIDTH, WIDTH)
        yield from _linear(f"{name}.linear1", 3 * WIDTH + INNER, WIDTH)
        yield from _linear(f"{name}.linear2", WIDTH, WIDTH + INNER)
        yield from ((f"{name}.norm.{norm}_norm.scale", (HEAD,)) for norm in ("query", "key"))
    yield from _linear("final_layer.adaLN_modulation.1", 2 * WIDTH, WIDTH)
    yield from _linear("final_layer.linear", PATCH, WIDTH)


def _linear(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outputs, inputs)
    yield f"{name}.bias", (outputs,)
