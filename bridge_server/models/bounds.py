"""Which numbers a model's configuration may hold, and why (standard library only).

Configurations come with a model from anywhere, and libraries allocate what they say before a weight is read: a
scheduler with a thousand million training steps took 22 GB. Every number is therefore checked first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .reading import unreadable

MAX_LEVELS = 8  # resolutions of a UNet or autoencoder; Stable Diffusion has four
MAX_WIDTH = 16_384  # numbers that go into or out of a layer; Stable Diffusion has 5,120 at most
MAX_BLOCKS = 400  # levels x layers of a level x transformers of a layer; Stable Diffusion has 8, XL 60
MAX_NATIVE_SIDE = 2048  # pixels; no published model of this kind was trained at more than 1024
MAX_LIST = 10_000  # as many as there may be training steps, for schedulers that list a beta for each
MAX_DEPTH = 8
FEW_BITS = "quantization_config"  # what a library of few bits says in it are fields of its own
MAX_NUMBER = 1e6  # of what has no line below: token ids are the largest


@dataclass(frozen=True)
class Bound:
    """From `least` to `most`; why: what the most is measured by. whole: no fractions."""

    least: float
    most: float
    why: str
    whole: bool = True


_WIDTH = Bound(1, MAX_WIDTH, "Stable Diffusion has 5120 at most")
_CHANNELS = Bound(1, 4096, "Stable Diffusion has 1280 at most")
_LATENTS = Bound(1, 512, "Stable Diffusion has 4 or 9, FLUX.1 Fill 384")
_HEADS = Bound(1, 1024, "Stable Diffusion has 20 at most")
_LAYERS = Bound(1, 100, "Stable Diffusion has 23 at most")
_KERNEL = Bound(1, 15, "Stable Diffusion has 3")
_BETA = Bound(0, 1, "it is a share of noise", whole=False)
_SIDE = Bound(1, MAX_NATIVE_SIDE, "models are trained at 1024 pixels at most")

BOUNDS: dict[str, Bound] = {
    # schedulers keep several lists as long as their training
    "num_train_timesteps": Bound(1, MAX_LIST, "models are trained with 1000"),
    "original_inference_steps": Bound(1, 1000, "models are distilled with 50"),
    "steps_offset": Bound(0, 1000, "Stable Diffusion has 1"),
    "solver_order": Bound(1, 3, "diffusers has no more"),
    "beta_start": _BETA,
    "beta_end": _BETA,
    "trained_betas": _BETA,
    # UNet and autoencoder
    "in_channels": _LATENTS,
    "out_channels": _LATENTS,
    "latent_channels": _LATENTS,
    "z_dim": _LATENTS,
    "base_dim": _CHANNELS,
    "decoder_base_dim": _CHANNELS,
    "block_out_channels": _CHANNELS,
    "layers_per_block": Bound(1, 100, "Stable Diffusion has 2"),
    "transformer_layers_per_block": Bound(1, 32, "Stable Diffusion has 1, XL 10"),
    "attention_head_dim": _HEADS,
    "num_attention_heads": _HEADS,
    "addition_embed_type_num_heads": _HEADS,
    "norm_num_groups": Bound(1, 1024, "Stable Diffusion has 32"),
    "cross_attention_dim": _WIDTH,
    "encoder_hid_dim": _WIDTH,
    "addition_time_embed_dim": _WIDTH,
    "projection_class_embeddings_input_dim": _WIDTH,
    "time_embedding_dim": _WIDTH,
    "time_cond_proj_dim": _WIDTH,
    "num_class_embeds": Bound(1, MAX_WIDTH, "upscalers have 1000"),
    "conv_in_kernel": _KERNEL,
    "conv_out_kernel": _KERNEL,
    "downsample_padding": Bound(0, 8, "Stable Diffusion has 1"),
    "sample_size": _SIDE,
    # transformers
    "num_layers": _LAYERS,
    "num_single_layers": Bound(1, 100, "FLUX.2 has 48 at most"),
    "joint_attention_dim": Bound(1, 4 * MAX_WIDTH, "FLUX.2 has 15360 at most"),
    "pooled_projection_dim": _WIDTH,
    "context_in_dim": _WIDTH,
    "ffn_hidden_size": Bound(1, 4 * MAX_WIDTH, "ERNIE-Image has 12288"),
    "text_in_dim": _WIDTH,
    "rope_axes_dim": _HEADS,
    "timestep_guidance_channels": _WIDTH,
    "axes_dims_rope": _HEADS,
    "dim": _WIDTH,
    "cap_feat_dim": _WIDTH,
    "siglip_feat_dim": _WIDTH,
    "n_layers": _LAYERS,
    "n_refiner_layers": _LAYERS,
    "n_heads": _HEADS,
    "n_kv_heads": _HEADS,
    "axes_dims": _HEADS,
    "axes_lens": Bound(1, MAX_LIST, "Z-Image has 1536 at most"),
    "all_patch_size": Bound(1, 16, "Z-Image has 2"),
    "all_f_patch_size": Bound(1, 16, "Z-Image has 1"),
    "mlp_ratio": Bound(0.1, 16, "FLUX.2 has 3", whole=False),
    "timestep_embed_dim": _WIDTH,
    "text_hidden_dim": _WIDTH,
    "text_intermediate_size": Bound(1, 4 * MAX_WIDTH, "Krea 2 has 6912"),
    "num_text_layers": _LAYERS,
    "text_num_attention_heads": _HEADS,
    "text_num_key_value_heads": _HEADS,
    "num_layerwise_text_blocks": _LAYERS,
    "num_refiner_text_blocks": _LAYERS,
    "rope_theta": Bound(1, 1e9, "Qwen3-VL has 5000000", whole=False),
    "scaling_factor": Bound(1e-6, 1e4, "Stable Diffusion has 0.18", whole=False),
    # text encoder, safety checker
    "vocab_size": Bound(1, 500_000, "CLIP has 49408 words"),
    "hidden_size": _WIDTH,
    "intermediate_size": Bound(1, 4 * MAX_WIDTH, "Stable Diffusion has 4096"),
    "projection_dim": _WIDTH,
    "num_hidden_layers": _LAYERS,
    "max_position_embeddings": Bound(1, 262_144, "CLIP reads 77 words, Qwen2.5-VL 128000"),
    "head_dim": _HEADS,
    "num_key_value_heads": _HEADS,
    "d_model": _WIDTH,
    "d_kv": _HEADS,
    "d_ff": Bound(1, 4 * MAX_WIDTH, "T5-XXL has 10240"),
    "num_heads": _HEADS,
    "num_decoder_layers": _LAYERS,
    "relative_attention_num_buckets": Bound(2, 1024, "T5 has 32"),
    "relative_attention_max_distance": Bound(2, MAX_LIST, "T5 has 128"),
    "image_size": _SIDE,
    "patch_size": Bound(1, 256, "CLIP has 14"),
    "num_channels": _LATENTS,
    # what prepares a picture for the safety checker
    "shortest_edge": _SIDE,
    "longest_edge": _SIDE,
    "width": _SIDE,
    "height": _SIDE,
    "size": _SIDE,
    "crop_size": _SIDE,
}


def check_numbers(path: Path, config: dict[str, Any]) -> None:
    """Raises BridgeError(model_unreadable) with the field of the configuration `path` that cannot be."""
    _check(path, "", config, 0, BOUNDS)
    _check_amount(path, config)


def _check(path: Path, field: str, value: Any, depth: int, bounds: Mapping[str, Bound]) -> None:
    bound = bounds.get(field)
    if isinstance(value, dict) and depth < MAX_DEPTH:
        for key, inner in cast("dict[str, Any]", value).items():
            _check(path, key, inner, depth + 1, {} if key == FEW_BITS else bounds)
    elif isinstance(value, list) and depth < MAX_DEPTH and len(cast("list[Any]", value)) <= MAX_LIST:
        for inner in cast("list[Any]", value):
            _check(path, field, inner, depth + 1, bounds)
    elif isinstance(value, (dict, list)):
        raise unreadable(path, f"{field[:100]} is longer or deeper than any configuration's")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(path, field, value, bound)
    elif bound and value is not None:
        raise unreadable(path, f"{field} is {value!r:.100}, which is no number")


def _check_number(path: Path, field: str, value: float, bound: Bound | None) -> None:
    shown = f"{value:,}" if isinstance(value, float) or abs(value) < 1e18 else "a number of very many digits"
    if bound is None:
        if not math.isfinite(value) or abs(value) > MAX_NUMBER:
            raise unreadable(path, f"{field[:100]} is {shown}; no such number is larger than {MAX_NUMBER:,.0f}")
    elif not bound.least <= value <= bound.most or (bound.whole and value != int(value)):
        kind = "a whole number " if bound.whole else ""
        limits = f"{kind}from {bound.least:,.10g} to {bound.most:,.10g}"
        raise unreadable(path, f"{field} is {shown}; it can be {limits} ({bound.why})")


def _check_amount(path: Path, config: dict[str, Any]) -> None:
    """Numbers that are possible by themselves may multiply to a model that no machine can hold."""
    width = max(_numbers(config.get("num_attention_heads")), default=1)
    width *= max(_numbers(config.get("attention_head_dim")), default=1)
    if width > MAX_WIDTH:
        fields = "num_attention_heads and attention_head_dim"
        why = f"{fields} together make layers {width:,} wide; there can be {MAX_WIDTH:,}"
        raise unreadable(path, why)
    levels = len(_numbers(config.get("block_out_channels")))
    layers = max(_numbers(config.get("layers_per_block")), default=1)
    transformers = max(_numbers(config.get("transformer_layers_per_block")), default=1)
    if levels * layers * transformers > MAX_BLOCKS:
        fields = "block_out_channels, layers_per_block and transformer_layers_per_block"
        blocks = levels * layers * transformers
        raise unreadable(path, f"{fields} together make {blocks} blocks; there can be {MAX_BLOCKS}")


def _numbers(value: Any) -> list[int]:
    if isinstance(value, list):
        return [number for inner in cast("list[Any]", value) for number in _numbers(inner)]
    return [int(value)] if isinstance(value, (int, float)) else []
