"""The tensors of published single files of Stable Diffusion 3.5 and 3: names and shapes, made from the architecture.

Layout: https://github.com/Stability-AI/sd3.5. `sd3.5_large.safetensors` and others have the autoencoder beside the
transformer, `sd3_medium_incl_clips.safetensors` both CLIPs too, and `…_incl_clips_t5xxlfp8.safetensors` also T5.
"""

from __future__ import annotations

from collections.abc import Iterator

Shapes = dict[str, tuple[int, ...]]
ROOT = "model.diffusion_model."
TEXT, SUMMARY, CHANNELS, TIME, HEAD = 4096, 2048, 16, 256, 64
SIZES = {  # width, blocks, places on a side, blocks whose pictures attend twice, whether queries have norms
    "large": (2432, 38, 192, 0, True),
    "medium": (1536, 24, 384, 13, True),
    "old medium": (1536, 24, 192, 0, False),
}
VAE: Shapes = {f"first_stage_model.{half}.conv_in.weight": (512, 16, 3, 3) for half in ("decoder", "encoder")}
CLIPS: Shapes = {
    f"text_encoders.clip_{name}.transformer.text_model.{tensor}.weight": shape
    for name, width in (("l", 768), ("g", 1280))
    for tensor, shape in (("embeddings.token_embedding", (49408, width)), ("final_layer_norm", (width,)))
}
T5: Shapes = {
    "text_encoders.t5xxl.transformer.shared.weight": (32128, 4096),
    "text_encoders.t5xxl.transformer.encoder.final_layer_norm.weight": (4096,),
}


def transformer(size: str, root: str = ROOT) -> Shapes:
    return {f"{root}{name}": shape for name, shape in _tensors(*SIZES[size])}


def _tensors(
    width: int, blocks: int, places: int, twice: int, has_norms: bool
) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "pos_embed", (1, places**2, width)
    yield "x_embedder.proj.weight", (width, CHANNELS, 2, 2)
    yield "x_embedder.proj.bias", (width,)
    yield from _linear("context_embedder", width, TEXT)
    for name, inputs in (("t_embedder", TIME), ("y_embedder", SUMMARY)):
        yield from _linear(f"{name}.mlp.0", width, inputs)
        yield from _linear(f"{name}.mlp.2", width, width)
    for block in range(blocks):
        times = 9 if block < twice else 6
        yield from _stream(f"joint_blocks.{block}.x_block", width, times, has_norms)
        if block < twice:
            yield from _attention(f"joint_blocks.{block}.x_block.attn2", width, has_norms)
        is_last = block == blocks - 1
        yield from _stream(f"joint_blocks.{block}.context_block", width, 2 if is_last else 6, has_norms)
    yield from _linear("final_layer.adaLN_modulation.1", 2 * width, width)
    yield from _linear("final_layer.linear", 4 * CHANNELS, width)


def _stream(name: str, width: int, times: int, has_norms: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _linear(f"{name}.adaLN_modulation.1", times * width, width)
    goes_on = times > 2
    yield from _attention(f"{name}.attn", width, has_norms, goes_on=goes_on)
    if goes_on:
        yield from _linear(f"{name}.mlp.fc1", 4 * width, width)
        yield from _linear(f"{name}.mlp.fc2", width, 4 * width)


def _attention(
    name: str, width: int, has_norms: bool, *, goes_on: bool = True
) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _linear(f"{name}.qkv", 3 * width, width)
    if has_norms:
        yield f"{name}.ln_q.weight", (HEAD,)
        yield f"{name}.ln_k.weight", (HEAD,)
    if goes_on:
        yield from _linear(f"{name}.proj", width, width)


def _linear(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outputs, inputs)
    yield f"{name}.bias", (outputs,)
