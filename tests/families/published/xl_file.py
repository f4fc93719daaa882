"""The tensors of published single files of Stable Diffusion XL: their names and shapes, made from its architecture.

Layout: https://github.com/Stability-AI/generative-models (UNet, autoencoder, first text encoder) and
https://github.com/mlfoundations/open_clip (second text encoder).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Shapes = dict[str, tuple[int, ...]]
Named = Iterator[tuple[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Sizes:
    """text: width of what is read. depths: transformers of an attention, by level; middle: of the middle's. told: of
    the pooled text and the numbers of the picture's size.
    """

    width: int
    text: int
    levels: tuple[int, ...]
    depths: tuple[int, ...]
    middle: int
    told: int

    @property
    def time(self) -> int:
        return 4 * self.width


XL = Sizes(320, 2048, (1, 2, 4), (0, 2, 10), 10, 2816)
REFINER = Sizes(384, 1280, (1, 2, 4, 4), (0, 4, 4, 0), 4, 2560)


def checkpoint_of_xl(channels: int = 4) -> Shapes:
    """All that sd_xl_base_1.0.safetensors has; with 9 channels, an inpainting model."""
    return dict(
        [*unet(channels), *autoencoder(), *first_text_encoder(), *second_text_encoder("conditioner.embedders.1.")]
    )


def refiner() -> Shapes:
    """All that sd_xl_refiner_1.0.safetensors has: one text encoder, the larger one."""
    return dict([*unet(sizes=REFINER), *autoencoder(), *second_text_encoder("conditioner.embedders.0.")])


def _both(name: str, *weight: int) -> Named:
    yield f"{name}.weight", weight
    yield f"{name}.bias", weight[:1]


def _norm(name: str, width: int) -> Named:
    yield from _both(name, width)


def unet(channels: int = 4, sizes: Sizes = XL) -> Named:
    begin, width, levels, layers = "model.diffusion_model.", sizes.width, sizes.levels, 2
    yield from _both(f"{begin}time_embed.0", sizes.time, width)
    yield from _both(f"{begin}time_embed.2", sizes.time, sizes.time)
    yield from _both(f"{begin}label_emb.0.0", sizes.time, sizes.told)
    yield from _both(f"{begin}label_emb.0.2", sizes.time, sizes.time)
    yield from _both(f"{begin}input_blocks.0.0", width, channels, 3, 3)
    before, skipped, block = width, [width], 1
    for level, times in enumerate(levels):
        for _ in range(layers):
            yield from _stage(f"{begin}input_blocks.{block}", before, times * width, sizes.depths[level], sizes)
            before, block = times * width, block + 1
            skipped.append(before)
        if level < len(levels) - 1:
            yield from _both(f"{begin}input_blocks.{block}.0.op", before, before, 3, 3)
            block += 1
            skipped.append(before)
    yield from _resnet(f"{begin}middle_block.0", before, before, sizes.time)
    yield from _attention(f"{begin}middle_block.1", before, sizes.middle, sizes.text)
    yield from _resnet(f"{begin}middle_block.2", before, before, sizes.time)
    for block in range((layers + 1) * len(levels)):
        level = len(levels) - 1 - block // (layers + 1)
        wide = levels[level] * width
        yield from _stage(f"{begin}output_blocks.{block}", before + skipped.pop(), wide, sizes.depths[level], sizes)
        before = wide
        if block % (layers + 1) == layers and level > 0:
            place = 2 if sizes.depths[level] else 1  # after its attention, where it has one
            yield from _both(f"{begin}output_blocks.{block}.{place}.conv", wide, wide, 3, 3)
    yield from _norm(f"{begin}out.0", width)
    yield from _both(f"{begin}out.2", 4, width, 3, 3)


def _stage(name: str, inputs: int, outputs: int, depth: int, sizes: Sizes) -> Named:
    yield from _resnet(f"{name}.0", inputs, outputs, sizes.time)
    if depth:
        yield from _attention(f"{name}.1", outputs, depth, sizes.text)


def _resnet(name: str, inputs: int, outputs: int, time: int) -> Named:
    yield from _norm(f"{name}.in_layers.0", inputs)
    yield from _both(f"{name}.in_layers.2", outputs, inputs, 3, 3)
    yield from _both(f"{name}.emb_layers.1", outputs, time)
    yield from _norm(f"{name}.out_layers.0", outputs)
    yield from _both(f"{name}.out_layers.3", outputs, outputs, 3, 3)
    if inputs != outputs:
        yield from _both(f"{name}.skip_connection", outputs, inputs, 1, 1)


def _attention(name: str, width: int, depth: int, text: int) -> Named:
    yield from _norm(f"{name}.norm", width)
    yield from _both(f"{name}.proj_in", width, width)
    for number in range(depth):
        block = f"{name}.transformer_blocks.{number}"
        for attention, read in (("attn1", width), ("attn2", text)):
            yield f"{block}.{attention}.to_q.weight", (width, width)
            yield f"{block}.{attention}.to_k.weight", (width, read)
            yield f"{block}.{attention}.to_v.weight", (width, read)
            yield from _both(f"{block}.{attention}.to_out.0", width, width)
        yield from _both(f"{block}.ff.net.0.proj", 8 * width, width)
        yield from _both(f"{block}.ff.net.2", width, 4 * width)
        for number_of_norm in (1, 2, 3):
            yield from _norm(f"{block}.norm{number_of_norm}", width)
    yield from _both(f"{name}.proj_out", width, width)


def autoencoder() -> Named:
    widths = (128, 256, 512, 512)
    for half, out in (("encoder", 8), ("decoder", 3)):
        begin = f"first_stage_model.{half}"
        edge = widths[0] if half == "encoder" else widths[-1]
        yield from _both(f"{begin}.conv_in", edge, 3 if half == "encoder" else 4, 3, 3)
        before = edge
        levels = range(4) if half == "encoder" else reversed(range(4))
        for level in levels:
            name = f"{begin}.{'down' if half == 'encoder' else 'up'}.{level}"
            for number in range(2 if half == "encoder" else 3):
                yield from _vae_resnet(f"{name}.block.{number}", before, widths[level])
                before = widths[level]
            if half == "encoder" and level < 3:
                yield from _both(f"{name}.downsample.conv", before, before, 3, 3)
            if half == "decoder" and level > 0:
                yield from _both(f"{name}.upsample.conv", before, before, 3, 3)
        yield from _vae_resnet(f"{begin}.mid.block_1", 512, 512)
        yield from _norm(f"{begin}.mid.attn_1.norm", 512)
        for part in ("q", "k", "v", "proj_out"):
            yield from _both(f"{begin}.mid.attn_1.{part}", 512, 512, 1, 1)
        yield from _vae_resnet(f"{begin}.mid.block_2", 512, 512)
        yield from _norm(f"{begin}.norm_out", before)
        yield from _both(f"{begin}.conv_out", out, before, 3, 3)
    yield from _both("first_stage_model.quant_conv", 8, 8, 1, 1)
    yield from _both("first_stage_model.post_quant_conv", 4, 4, 1, 1)


def _vae_resnet(name: str, inputs: int, outputs: int) -> Named:
    yield from _norm(f"{name}.norm1", inputs)
    yield from _both(f"{name}.conv1", outputs, inputs, 3, 3)
    yield from _norm(f"{name}.norm2", outputs)
    yield from _both(f"{name}.conv2", outputs, outputs, 3, 3)
    if inputs != outputs:
        yield from _both(f"{name}.nin_shortcut", outputs, inputs, 1, 1)


def first_text_encoder() -> Named:
    begin, width = "conditioner.embedders.0.transformer.text_model.", 768
    yield f"{begin}embeddings.position_ids", (1, 77)
    yield f"{begin}embeddings.token_embedding.weight", (49408, width)
    yield f"{begin}embeddings.position_embedding.weight", (77, width)
    for number in range(12):
        layer = f"{begin}encoder.layers.{number}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _both(f"{layer}.self_attn.{part}", width, width)
        yield from _both(f"{layer}.mlp.fc1", 4 * width, width)
        yield from _both(f"{layer}.mlp.fc2", width, 4 * width)
        yield from _norm(f"{layer}.layer_norm1", width)
        yield from _norm(f"{layer}.layer_norm2", width)
    yield from _norm(f"{begin}final_layer_norm", width)


def second_text_encoder(embedder: str) -> Named:
    begin, width = f"{embedder}model.", 1280
    yield f"{begin}positional_embedding", (77, width)
    yield f"{begin}text_projection", (width, width)
    yield f"{begin}logit_scale", ()
    yield f"{begin}token_embedding.weight", (49408, width)
    for number in range(32):
        layer = f"{begin}transformer.resblocks.{number}"
        yield f"{layer}.attn.in_proj_weight", (3 * width, width)
        yield f"{layer}.attn.in_proj_bias", (3 * width,)
        yield from _both(f"{layer}.attn.out_proj", width, width)
        yield from _both(f"{layer}.mlp.c_fc", 4 * width, width)
        yield from _both(f"{layer}.mlp.c_proj", width, 4 * width)
        yield from _norm(f"{layer}.ln_1", width)
        yield from _norm(f"{layer}.ln_2", width)
    yield from _norm(f"{begin}ln_final", width)
