"""How the layers of XL's UNet are called in LoRA files, beside diffusers' names (standard library only).

kohya's scripts write them as https://github.com/Stability-AI/generative-models calls them, with _ for each dot.
"""

from __future__ import annotations

from collections.abc import Iterator

LEVELS = 3  # of resolution; the finest has no attention
LAYERS_DOWN, LAYERS_UP = 2, 3  # of a level, on the way down and up
_PLAIN = {
    "input_blocks_0_0": "conv_in",
    "time_embed_0": "time_embedding_linear_1",
    "time_embed_2": "time_embedding_linear_2",
    "label_emb_0_0": "add_embedding_linear_1",
    "label_emb_0_2": "add_embedding_linear_2",
    "middle_block_1_": "mid_block_attentions_0_",
    "out_2": "conv_out",
}
_OF_RESNET = {
    "in_layers_2": "conv1",
    "emb_layers_1": "time_emb_proj",
    "out_layers_3": "conv2",
    "skip_connection": "conv_shortcut",
}


def _resnet(theirs: str, ours: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{theirs}_{old}", f"{ours}_{new}") for old, new in _OF_RESNET.items())


def _down() -> Iterator[tuple[str, str]]:
    block = 1
    for level in range(LEVELS):
        for layer in range(LAYERS_DOWN):
            yield from _resnet(f"input_blocks_{block}_0", f"down_blocks_{level}_resnets_{layer}")
            if level > 0:
                yield f"input_blocks_{block}_1_", f"down_blocks_{level}_attentions_{layer}_"
            block += 1
        if level < LEVELS - 1:
            yield f"input_blocks_{block}_0_op", f"down_blocks_{level}_downsamplers_0_conv"
            block += 1


def _up() -> Iterator[tuple[str, str]]:
    for level in range(LEVELS):
        for layer in range(LAYERS_UP):
            block = level * LAYERS_UP + layer
            yield from _resnet(f"output_blocks_{block}_0", f"up_blocks_{level}_resnets_{layer}")
            if level < LEVELS - 1:
                yield f"output_blocks_{block}_1_", f"up_blocks_{level}_attentions_{layer}_"
        if level < LEVELS - 1:
            yield f"output_blocks_{level * LAYERS_UP + 2}_2_conv", f"up_blocks_{level}_upsamplers_0_conv"


LAYERS: dict[str, str] = {
    **_PLAIN,
    **dict(_resnet("middle_block_0", "mid_block_resnets_0")),
    **dict(_resnet("middle_block_2", "mid_block_resnets_1")),
    **dict(_down()),
    **dict(_up()),
}
