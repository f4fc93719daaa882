"""For tests: tiny Qwen-Image models with seeded random weights and a tokenizer built in code."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ..flux2_klein.tiny import byte_letters
from .prompts import CHANGE, DESCRIBE
from .spec import ALL, LAYERED, QWEN_IMAGE

NATIVE_SIDE = 64  # pixels
WIDTH = 16  # of the text encoder
WORDS = ("red", "apple", "blue", "automobile", "photo", "cat", "the", "grass")
WORD = r"'s| \(|\),| ?[A-Za-z]+"  # of the requests
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
LATENT_CHANNELS = 4


def build(
    folder: Path,
    *,
    family: str = QWEN_IMAGE.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 400 kB.

    slow: twice that many layers in the transformer. overrides: added to the folder's layerbridge.json (4 steps,
    guidance 3 and the family are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    tokenizer = tiny_tokenizer(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = _text_encoder(tokenizer)
        divides = family == LAYERED.key
        values = LATENT_CHANNELS + divides  # not as many as a picture with alpha has: it would be taken for latents
        transformer = diffusers.QwenImageTransformer2DModel(
            patch_size=2,
            in_channels=4 * values,
            out_channels=values,
            use_additional_t_cond=divides,
            use_layer3d_rope=divides,
            num_layers=2 * slow,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            axes_dims_rope=(8, 4, 4),
        )
        vae = tiny_vae(values, alpha=divides)
    for name, weight in transformer.named_parameters():
        if ".attn." in name:
            weight.data *= 2  # what is random attends to hardly anything
    pipeline = diffusers.QwenImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, base_shift=0.5, max_shift=0.9, max_image_seq_len=8192, shift_terminal=0.02
        ),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    index = folder / "model_index.json"
    named: dict[str, Any] = {"_class_name": next(spec.pipelines[0] for spec in ALL if spec.key == family)}
    if family != QWEN_IMAGE.key:
        named["processor"] = ["transformers", "Qwen2VLProcessor"]
    index.write_text(json.dumps(json.loads(index.read_text()) | named), encoding="utf-8")
    described = {"family": family, "native_resolution": NATIVE_SIDE, "license": "Apache-2.0"}
    described |= {"steps": 4, "guidance_scale": 3.0}
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def tiny_vae(values: int = LATENT_CHANNELS, *, alpha: bool = False) -> Any:
    """An autoencoder of 4 pixels to a value, whose latents are those of no unit normal."""
    diffusers: Any = import_module("diffusers")
    return diffusers.AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=values,
        input_channels=3 + alpha,
        dim_mult=[1, 2, 2],
        num_res_blocks=1,
        temperal_downsample=[False, True],
        latents_mean=[-0.2, -0.1, 0.1, 0.2, 0.15][:values],
        latents_std=[0.5, 0.8, 1.2, 2.0, 0.9][:values],
    )


def _text_encoder(tokenizer: Any) -> Any:
    transformers: Any = import_module("transformers")
    start, end, image = (tokenizer.convert_tokens_to_ids(token) for token in SPECIAL[3:])
    config = transformers.Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": WIDTH,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 2048,
            "initializer_range": 0.2,
            "rms_norm_eps": 1e-6,
            "bos_token_id": None,
            "eos_token_id": None,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1_000_000.0},
        },
        vision_config={
            "depth": 1,
            "hidden_size": WIDTH,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": WIDTH,
            "fullatt_block_indexes": [0],
        },
        vision_start_token_id=start,
        vision_end_token_id=end,
        image_token_id=image,
        video_token_id=image,
    )
    return transformers.Qwen2_5_VLForConditionalGeneration(config)


def tiny_tokenizer(folder: Path, requests: Sequence[str] = (DESCRIBE.before, CHANGE.before)) -> Any:
    """A tokenizer of single bytes, of a few whole words, and of those of the requests, which are as many tokens as
    in the published one.
    """
    from transformers import Qwen2Tokenizer

    source = folder / "tokenizer"
    source.mkdir(parents=True, exist_ok=True)
    numbered = {token: index for index, token in enumerate([*byte_letters(), *SPECIAL])}
    (source / "vocab.json").write_text(json.dumps(numbered), encoding="utf-8")
    (source / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    tokenizer = Qwen2Tokenizer.from_pretrained(
        source, local_files_only=True, additional_special_tokens=list(SPECIAL[1:]), model_max_length=2048
    )
    asked = [word for request in requests for word in re.findall(WORD, re.sub(r"<[^>]*>", "", request))]
    tokenizer.add_tokens(list(dict.fromkeys([*asked, *WORDS, *(f" {word}" for word in WORDS)])))
    return tokenizer
