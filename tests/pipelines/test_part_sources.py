"""Components of single files: their makers' names are the published ones, and shapes tell the published sizes."""

from __future__ import annotations

import re

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKLQwenImage21
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

from bridge_server.pipelines.part_sources import QWEN3_VL, QWEN21_VAE

BLOCKS = re.compile(r"\.(down|up)_blocks\.(\d)\.(?:resnets\.(\d)|\w+sampler)\.")


def wan22_name(name: str, resnets: dict[str, int]) -> str:
    """Of what diffusers calls so. resnets: to a block, on the way down and up."""

    def placed(found: re.Match[str]) -> str:
        way = found[1]
        return f".{way}samples.{found[2]}.{way}samples.{found[3] or resnets[way]}."

    name = re.sub(r"^(quant|post_quant)_conv\.", lambda found: f"conv{1 + (found[1] != 'quant')}.", name)
    name = name.replace(".conv_in.", ".conv1.").replace(".norm_out.", ".head.0.").replace(".conv_out.", ".head.2.")
    name = name.replace(".mid_block.attentions.0.", ".middle.1.")
    name = re.sub(r"\.mid_block\.resnets\.(\d)", lambda found: f".middle.{2 * int(found[1])}", name)
    name = BLOCKS.sub(placed, name)
    if name.count(".") > 3:
        for ours, theirs in {"norm1": 0, "conv1": 2, "norm2": 3, "conv2": 6}.items():
            name = name.replace(f".{ours}.", f".residual.{theirs}.")
    return name.replace(".conv_shortcut.", ".shortcut.")


def test_the_autoencoder_of_qwen_image_2_1_in_its_makers_names_is_the_published_one() -> None:
    """675 MB in bfloat16, with an axis of frames in its convolutions, as the file of ComfyUI."""
    with init_empty_weights():
        state = AutoencoderKLQwenImage21().state_dict()
    assert sum(tensor.numel() for tensor in state.values()) == 337_740_404
    made = {wan22_name(name, {"down": 2, "up": 3}): tensor for name, tensor in state.items()}
    assert {
        "conv1.weight",
        "encoder.downsamples.0.downsamples.0.residual.2.weight",
        "encoder.downsamples.0.downsamples.2.resample.1.weight",
        "encoder.downsamples.1.downsamples.0.shortcut.weight",
        "decoder.upsamples.1.upsamples.3.time_conv.weight",
        "decoder.middle.2.residual.3.gamma",
        "encoder.head.0.gamma",
    } <= made.keys()
    of_films = {name: tensor[:, :, None] if is_causal(name, tensor) else tensor for name, tensor in made.items()}
    named = QWEN21_VAE.convert(of_films)
    assert {name: tensor.shape for name, tensor in named.items()} == {name: state[name].shape for name in state}
    with init_empty_weights():
        module = QWEN21_VAE.make({name: tuple(tensor.shape) for name, tensor in named.items()})
    assert {name: value.shape for name, value in module.state_dict().items()} == {
        name: state[name].shape for name in state
    }


def is_causal(name: str, tensor: torch.Tensor) -> bool:
    """Whether it is of a convolution that goes over frames in the autoencoder from which this one was made."""
    return tensor.ndim == 4 and name.endswith("weight") and "resample" not in name and "middle.1" not in name


def test_qwen3_vl_8b_is_made_of_its_shapes() -> None:
    """Sizes of https://huggingface.co/Qwen/Qwen3-VL-8B-Instruct."""
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": 151_936,
            "hidden_size": 4096,
            "intermediate_size": 12_288,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "rope_parameters": {"rope_type": "default", "mrope_section": [24, 20, 20], "rope_theta": 5_000_000},
        },
        vision_config={"out_hidden_size": 4096},
    )
    with init_empty_weights():
        state = Qwen3VLForConditionalGeneration(config).state_dict()
        shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
        made = QWEN3_VL.make(shapes)
    assert sum(tensor.numel() for tensor in state.values()) == 8_767_123_696
    assert {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()} == shapes
    for language, seeing in (("model.", "model.visual."), ("model.", "visual."), ("language_model.", "visual.")):
        theirs = {
            name.replace("model.language_model.", language, 1).replace("model.visual.", seeing, 1): tensor
            for name, tensor in state.items()
        }
        assert QWEN3_VL.convert(theirs).keys() == state.keys()
