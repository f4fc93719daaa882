"""For tests: tiny ERNIE-Image models with seeded random weights and a tokenizer built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from ..flux2_klein.tiny import LATENT_CHANNELS, WORDS, byte_letters, tiny_vae
from .spec import ERNIE, SCHEDULER, TURBO

NATIVE_SIDE = 64  # pixels
WIDTH = 16  # of the text encoder
SPECIAL = ("<unk>", "<s>", "</s>", "<pad>")


def build(
    folder: Path,
    *,
    family: str = ERNIE.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 500 kB.

    slow: twice that many layers in the transformer. overrides: added to the folder's layerbridge.json (4 steps, the
    family and, but for Turbo, guidance 3 are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    tokenizer = tiny_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = _text_encoder(len(tokenizer))
        transformer = diffusers.ErnieImageTransformer2DModel(
            hidden_size=32,
            num_attention_heads=2,
            num_layers=2 * slow,
            ffn_hidden_size=64,
            in_channels=4 * LATENT_CHANNELS,
            out_channels=4 * LATENT_CHANNELS,
            text_in_dim=WIDTH,
            rope_axes_dim=(4, 6, 6),  # as of the published sizes
        )
        for name, weight in transformer.named_parameters():
            if "adaLN_modulation" in name or "final_linear" in name:  # diffusers leaves these at zero
                torch.nn.init.normal_(weight, std=0.2)
            elif ".self_attention." in name:
                weight.data *= 2  # what is random attends to hardly anything
        vae = tiny_vae()
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(**SCHEDULER)
    pipeline = diffusers.ErnieImagePipeline(transformer, vae, text_encoder, tokenizer, scheduler)
    pipeline.save_pretrained(folder)
    described: dict[str, object] = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4}
    described |= {"license": "Apache-2.0"} | ({} if family == TURBO.key else {"guidance_scale": 3.0})
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def tiny_tokenizer() -> Any:
    """A tokenizer of single bytes and a few whole words, which begins with a mark."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *byte_letters()])}
    made = Tokenizer(models.BPE(vocabulary, [], unk_token=SPECIAL[0]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_tokens([*WORDS, *(f" {word}" for word in WORDS)])
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", vocabulary["<s>"])])
    unknown, begin, end, pad = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        unk_token=unknown,
        bos_token=begin,
        eos_token=end,
        pad_token=pad,
        model_max_length=2048,
    )


def _text_encoder(words: int) -> Any:
    transformers: Any = import_module("transformers")
    config = transformers.Mistral3Config(
        text_config={
            "model_type": "mistral",
            "vocab_size": words,
            "hidden_size": WIDTH,
            "intermediate_size": 32,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 8,
            "max_position_embeddings": 4096,
            "initializer_range": 0.2,
            "rms_norm_eps": 1e-5,
            "sliding_window": None,
        },
        vision_config={
            "model_type": "pixtral",
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "head_dim": 8,
            "image_size": 28,
            "patch_size": 14,
        },
    )
    return transformers.Mistral3Model(config)
