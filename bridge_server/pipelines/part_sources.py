"""How components that several families have in common are made of single files (models/part_files.py)."""

from __future__ import annotations

import math
import re
from typing import Any

from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.autoencoders.autoencoder_kl_qwenimage21 import AutoencoderKLQwenImage21
from torch import nn
from transformers import (
    MistralConfig,
    MistralModel,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLTextConfig,
    Qwen3VLTextModel,
)

from .weight_files import Shapes, Source

MAX_GROUPS = 32  # of the normalisations of every published autoencoder of this kind
QWEN3_VL_AXES = (24, 20, 20)  # pairs of a head that tell time, row and column
QWEN3_VL_EYE = {"num_heads": 16}  # of what sees
QWEN3_VL_DEEP = {24: (5, 11, 17), 27: (8, 16, 24)}  # of so many layers that see, those whose answers are read besides
MISTRAL3_HEAD = 128
MISTRAL3_PLACES: dict[str, Any] = {
    "rope_type": "yarn",
    "rope_theta": 1_000_000.0,
    "factor": 16.0,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "mscale": 1.0,
    "mscale_all_dim": 1.0,
    "original_max_position_embeddings": 16_384,
}
QWEN_AUTOENCODER: dict[str, Any] = {}  # changes of diffusers' own default, which is the published one
QWEN21_AUTOENCODER: dict[str, Any] = {}  # the same
LANGUAGE, SEEING = "model.language_model.", "model.visual."  # parts of models that see, as transformers calls them


def count_of(shapes: Shapes, before: str) -> int:
    """How many numbers follow `before` in the names: layers of a list."""
    pattern = re.compile(re.escape(before) + r"(\d+)\.")
    return len({found[1] for name in shapes if (found := pattern.match(name))})


def _qwen3(shapes: Shapes) -> nn.Module:
    """The language model Qwen3; https://huggingface.co/Qwen/Qwen3-4B and -8B have the same constants."""
    return Qwen3ForCausalLM(
        Qwen3Config(
            **_qwen3_sizes(shapes, "model."),
            max_position_embeddings=40_960,
            rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
            tie_word_embeddings="lm_head.weight" not in shapes,
        )
    )


def _qwen3_sizes(shapes: Shapes, root: str) -> dict[str, Any]:
    """root: what comes before the names of its tensors."""
    words, width = shapes[f"{root}embed_tokens.weight"]
    layer = f"{root}layers.0."
    (head,) = shapes[f"{layer}self_attn.q_norm.weight"]
    return {
        "vocab_size": words,
        "hidden_size": width,
        "intermediate_size": shapes[f"{layer}mlp.gate_proj.weight"][0],
        "num_hidden_layers": count_of(shapes, f"{root}layers."),
        "num_attention_heads": shapes[f"{layer}self_attn.q_proj.weight"][0] // head,
        "num_key_value_heads": shapes[f"{layer}self_attn.k_proj.weight"][0] // head,
        "head_dim": head,
        "rms_norm_eps": 1e-6,
    }


def _qwen3_vl_text(shapes: Shapes) -> nn.Module:
    """Qwen3-VL without what sees."""
    return Qwen3VLTextModel(Qwen3VLTextConfig(**_qwen3_vl_language(shapes, "")))


def _qwen3_vl_language(shapes: Shapes, root: str) -> dict[str, Any]:
    """https://huggingface.co/Qwen/Qwen3-VL-4B-Instruct and -8B-Instruct have the same constants."""
    rotary: dict[str, Any] = {"rope_type": "default", "rope_theta": 5_000_000.0, "mrope_section": list(QWEN3_VL_AXES)}
    return {
        **_qwen3_sizes(shapes, root),
        "max_position_embeddings": 262_144,
        "rope_parameters": {**rotary, "mrope_interleaved": True},
    }


def _qwen3_vl(shapes: Shapes) -> nn.Module:
    """The whole Qwen3-VL."""
    places, seeing = shapes[f"{SEEING}pos_embed.weight"]
    _, channels, frames, patch, _ = shapes[f"{SEEING}patch_embed.proj.weight"]
    depth = count_of(shapes, f"{SEEING}blocks.")
    config = Qwen3VLConfig(
        text_config=_qwen3_vl_language(shapes, LANGUAGE),
        vision_config={
            **QWEN3_VL_EYE,
            "depth": depth,
            "hidden_size": seeing,
            "intermediate_size": shapes[f"{SEEING}blocks.0.mlp.linear_fc1.weight"][0],
            "in_channels": channels,
            "patch_size": patch,
            "temporal_patch_size": frames,
            "out_hidden_size": shapes[f"{LANGUAGE}embed_tokens.weight"][1],
            "num_position_embeddings": places,
            "deepstack_visual_indexes": list(QWEN3_VL_DEEP[depth]),
        },
        tie_word_embeddings="lm_head.weight" not in shapes,  # some leave out what writes words, which is not used
    )
    return Qwen3VLForConditionalGeneration(config)


def seeing_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """Of a language model that sees, by transformers' names: makers and programs leave out some of what comes before
    them.
    """
    named = {re.sub(r"^(visual|language_model)\.", r"model.\1.", name): tensor for name, tensor in tensors.items()}
    return {re.sub(r"^model\.(?!language_model\.|visual\.)", LANGUAGE, name): value for name, value in named.items()}


def _qwen3_vl_text_names(tensors: dict[str, Any]) -> dict[str, Any]:
    named = {re.sub(r"^(model\.)?(language_model\.)?", "", name): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in named.items() if not name.startswith(("visual.", "lm_head."))}


def _mistral3_text(shapes: Shapes) -> nn.Module:
    """Ministral 3 without what sees; https://huggingface.co/mistralai/Ministral-3-3B-Instruct-2512 has the constants.
    What it changes of places beyond 16,384 no prompt reaches.
    """
    words, width = shapes["embed_tokens.weight"]
    asked, known = (shapes[f"layers.0.self_attn.{name}_proj.weight"][0] for name in ("q", "k"))
    return MistralModel(
        MistralConfig(
            vocab_size=words,
            hidden_size=width,
            intermediate_size=shapes["layers.0.mlp.gate_proj.weight"][0],
            num_hidden_layers=count_of(shapes, "layers."),
            num_attention_heads=asked // MISTRAL3_HEAD,
            num_key_value_heads=known // MISTRAL3_HEAD,
            head_dim=MISTRAL3_HEAD,
            rms_norm_eps=1e-5,
            max_position_embeddings=262_144,
            sliding_window=None,
            rope_parameters=MISTRAL3_PLACES,
        )
    )


def _mistral3_text_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """The language model's alone, of the whole model or of ComfyUI's file, which has the tokenizer as well."""
    named = {re.sub(r"^(model\.)?(language_model\.)?(model\.)?", "", name): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in named.items() if name.startswith(("layers.", "embed_tokens.", "norm."))}


def _flux2_vae(shapes: Shapes) -> nn.Module:
    levels = count_of(shapes, "encoder.down_blocks.")
    down = [shapes[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"][0] for level in range(levels)]
    up = [shapes[f"decoder.up_blocks.{levels - 1 - level}.resnets.0.conv1.weight"][0] for level in range(levels)]
    return AutoencoderKLFlux2(
        block_out_channels=tuple(down),
        decoder_block_out_channels=None if up == down else tuple(up),
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        layers_per_block=count_of(shapes, "encoder.down_blocks.0.resnets."),
        latent_channels=shapes["decoder.conv_in.weight"][1],
        norm_num_groups=math.gcd(MAX_GROUPS, *down, *up),
        use_quant_conv="quant_conv.weight" in shapes,
        use_post_quant_conv="post_quant_conv.weight" in shapes,
    )


def _flux_vae(shapes: Shapes) -> nn.Module:
    """FLUX.1's; https://huggingface.co/black-forest-labs/FLUX.1-schnell has the constants."""
    levels = count_of(shapes, "encoder.down_blocks.")
    widths = [shapes[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"][0] for level in range(levels)]
    told: dict[str, Any] = {  # whose types diffusers tells too narrowly
        "block_out_channels": tuple(widths),
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
    }
    return AutoencoderKL(
        **told,
        layers_per_block=count_of(shapes, "encoder.down_blocks.0.resnets."),
        latent_channels=shapes["decoder.conv_in.weight"][1],
        norm_num_groups=math.gcd(MAX_GROUPS, *widths),
        use_quant_conv=False,
        use_post_quant_conv=False,
        scaling_factor=0.3611,
        shift_factor=0.1159,
    )


def _qwen_vae(shapes: Shapes) -> nn.Module:
    """Qwen-Image's; https://huggingface.co/Qwen/Qwen-Image has what shapes do not tell."""
    values, (width, colors) = shapes["post_quant_conv.weight"][0], shapes["encoder.conv_in.weight"][:2]
    return AutoencoderKLQwenImage(z_dim=values, base_dim=width, input_channels=colors, **QWEN_AUTOENCODER)


def qwen_vae_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """Its makers' names are those of Wan 2.1, from whose autoencoder it was made."""
    return convert_wan_vae_to_diffusers(tensors) if "encoder.conv1.weight" in tensors else tensors


def _qwen21_vae(shapes: Shapes) -> nn.Module:
    """Qwen-Image 2.1's; https://huggingface.co/Qwen/Qwen-Image-2.1 has what shapes do not tell."""
    return AutoencoderKLQwenImage21(
        z_dim=shapes["post_quant_conv.weight"][0],
        base_dim=shapes["encoder.conv_in.weight"][0],
        decoder_base_dim=shapes["decoder.conv_out.weight"][1],
        **QWEN21_AUTOENCODER,
    )


_OF_WAN22 = (  # of https://github.com/Wan-Video/Wan2.2, whose names its makers' file has; and of diffusers
    (r"^conv1\.", "quant_conv."),
    (r"^conv2\.", "post_quant_conv."),
    (r"^(encoder|decoder)\.conv1\.", r"\1.conv_in."),
    (r"\.head\.0\.", ".norm_out."),
    (r"\.head\.2\.", ".conv_out."),
    (r"\.middle\.0\.", ".mid_block.resnets.0."),
    (r"\.middle\.1\.", ".mid_block.attentions.0."),
    (r"\.middle\.2\.", ".mid_block.resnets.1."),
    (r"\.(down|up)samples\.(\d+)\.\w+\.\d+\.(resample|time_conv)\.", r".\1_blocks.\2.\1sampler.\3."),
    (r"\.(down|up)samples\.(\d+)\.\w+\.(\d+)\.", r".\1_blocks.\2.resnets.\3."),
    (r"\.residual\.0\.", ".norm1."),
    (r"\.residual\.2\.", ".conv1."),
    (r"\.residual\.3\.", ".norm2."),
    (r"\.residual\.6\.", ".conv2."),
    (r"\.shortcut\.", ".conv_shortcut."),
)


def qwen21_vae_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """By diffusers' names. Its convolutions are over single pictures, and may have an axis of frames in files."""
    named: dict[str, Any] = {}
    for name, tensor in tensors.items():
        for theirs, ours in _OF_WAN22:
            name = re.sub(theirs, ours, name)
        named[name] = tensor[:, :, 0] if tensor.ndim == 5 else tensor
    return named


_IN_BLOCKS = (  # of https://github.com/CompVis/latent-diffusion, which the makers' autoencoders have; and of diffusers
    (r"\.mid\.block_1\.", ".mid_block.resnets.0."),
    (r"\.mid\.block_2\.", ".mid_block.resnets.1."),
    (r"\.mid\.attn_1\.norm\.", ".mid_block.attentions.0.group_norm."),
    (r"\.mid\.attn_1\.proj_out\.", ".mid_block.attentions.0.to_out.0."),
    (r"\.mid\.attn_1\.([qkv])\.", r".mid_block.attentions.0.to_\1."),
    (r"\.nin_shortcut\.", ".conv_shortcut."),
    (r"\.down\.(\d+)\.block\.", r".down_blocks.\1.resnets."),
    (r"\.down\.(\d+)\.downsample\.", r".down_blocks.\1.downsamplers.0."),
    (r"\.norm_out\.", ".conv_norm_out."),
    (r"^encoder\.quant_conv\.", "quant_conv."),
    (r"^decoder\.post_quant_conv\.", "post_quant_conv."),
)
_UP = re.compile(r"\.up\.(\d+)\.(block|upsample)\.")


def ldm_vae_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """Those of an autoencoder with its makers' names, or diffusers' already, by diffusers' names. Attention was made of
    convolutions of one pixel there, and the levels of the decoder are counted from the other end.
    """
    levels = count_of(tensors, "decoder.up.")
    named: dict[str, Any] = {}
    for name, tensor in tensors.items():
        for theirs, ours in _IN_BLOCKS:
            name = re.sub(theirs, ours, name)
        name = _UP.sub(lambda found: _up(found, levels), name)
        named[name] = tensor[:, :, 0, 0] if ".attentions." in name and tensor.ndim == 4 else tensor
    return named


def _up(found: re.Match[str], levels: int) -> str:
    kind = "resnets" if found[2] == "block" else "upsamplers.0"
    return f".up_blocks.{levels - 1 - int(found[1])}.{kind}."


QWEN3 = Source("Qwen3ForCausalLM", _qwen3)
QWEN3_VL_TEXT = Source("Qwen3VLTextModel", _qwen3_vl_text, _qwen3_vl_text_names)
FLUX2_VAE = Source("AutoencoderKLFlux2", _flux2_vae, ldm_vae_names)
QWEN3_VL = Source("Qwen3VLForConditionalGeneration", _qwen3_vl, seeing_names)
MISTRAL3_TEXT = Source("MistralModel of Ministral 3", _mistral3_text, _mistral3_text_names)
QWEN21_VAE = Source("AutoencoderKLQwenImage21", _qwen21_vae, qwen21_vae_names)
QWEN_VAE = Source("AutoencoderKLQwenImage", _qwen_vae, qwen_vae_names)
FLUX_VAE = Source("AutoencoderKL of FLUX.1", _flux_vae, ldm_vae_names)
