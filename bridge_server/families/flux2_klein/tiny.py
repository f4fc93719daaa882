"""For tests: tiny FLUX.2 Klein models with seeded random weights and a tokenizer built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from .prompts import AFTER, BEFORE
from .spec import DISTILLED_4B, TEXT_LAYERS

NATIVE_SIDE = 64  # pixels
WIDTH = 16  # of the text encoder
LAYERS = max(TEXT_LAYERS) + 1
WORDS = ("red", "apple", "blue", "automobile", "photo", "cat", "the", "grass", "user", "assistant")
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
LATENT_CHANNELS = 4


def build(
    folder: Path,
    *,
    family: str = DISTILLED_4B.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 500 kB.

    slow: that many layers of each kind in the transformer. overrides: added to the folder's layerbridge.json (4 steps,
    guidance 3 and the family are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    transformers: Any = import_module("transformers")
    tokenizer = tiny_tokenizer(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = transformers.Qwen3ForCausalLM(
            transformers.Qwen3Config(
                vocab_size=len(tokenizer),
                hidden_size=WIDTH,
                intermediate_size=32,
                num_hidden_layers=LAYERS,
                num_attention_heads=2,
                num_key_value_heads=1,
                head_dim=8,
                max_position_embeddings=1024,
                tie_word_embeddings=True,
                initializer_range=0.2,
            )
        )
        transformer = diffusers.Flux2Transformer2DModel(
            patch_size=1,
            in_channels=4 * LATENT_CHANNELS,
            num_layers=slow,
            num_single_layers=slow,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=len(TEXT_LAYERS) * WIDTH,
            timestep_guidance_channels=32,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        )
        vae = tiny_vae()
    for name, weight in transformer.named_parameters():
        if ".attn." in name:
            weight.data *= 2  # what is random attends to hardly anything
    is_distilled = "base" not in family
    pipeline = diffusers.Flux2KleinPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=is_distilled,
    )
    pipeline.save_pretrained(folder)
    described = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4, "license": "Apache-2.0"}
    described |= {} if is_distilled else {"guidance_scale": 3.0}
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def tiny_vae() -> Any:
    """An autoencoder of 4 pixels to a value, whose statistics are those of no unit normal."""
    import torch

    diffusers: Any = import_module("diffusers")
    vae = diffusers.AutoencoderKLFlux2(
        block_out_channels=(4, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=LATENT_CHANNELS,
        sample_size=NATIVE_SIDE,
    )
    vae.bn.running_mean.copy_(torch.linspace(-0.2, 0.2, 4 * LATENT_CHANNELS))
    vae.bn.running_var.copy_(torch.linspace(0.5, 2.0, 4 * LATENT_CHANNELS))
    return vae


def tiny_tokenizer(folder: Path, before: str = BEFORE, after: str = AFTER) -> Any:
    """A tokenizer of single bytes and a few whole words, with the template for one message."""
    from transformers import Qwen2Tokenizer

    letters = byte_letters()
    vocabulary = dict.fromkeys(letters)
    merges: dict[str, None] = {}
    for word in [*WORDS, *(f"Ġ{word}" for word in WORDS)]:
        parts = list(word)
        while len(parts) > 1:
            merges[f"{parts[0]} {parts[1]}"] = None
            parts[:2] = [parts[0] + parts[1]]
            vocabulary[parts[0]] = None
    source = folder / "tokenizer"
    source.mkdir(parents=True, exist_ok=True)
    numbered = {token: index for index, token in enumerate([*vocabulary, *SPECIAL])}
    (source / "vocab.json").write_text(json.dumps(numbered), encoding="utf-8")
    (source / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    tokenizer = Qwen2Tokenizer.from_pretrained(
        source, local_files_only=True, additional_special_tokens=list(SPECIAL[1:]), model_max_length=1024
    )
    tokenizer.chat_template = f"{_quoted(before)}{{{{ messages[0]['content'] }}}}{_quoted(after)}"
    return tokenizer


def _quoted(text: str) -> str:
    return "{{ " + json.dumps(text) + " }}"


def byte_letters() -> list[str]:
    """The 256 letters by which GPT-2's byte-level BPE writes bytes; space is Ġ, the end of a line Ċ."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [chr(256 + place) for place in range(256 - len(plain))]
    return [*map(chr, plain), *others]
