"""For tests: tiny Stable Diffusion models with seeded random weights and a tokenizer, for real diffusers pipelines.

What they paint means nothing; that it is the right size, repeatable and changed by each parameter does.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

CHANNELS = (8, 16)
TEXT_SIZE = 16
TEXT_LENGTH = 77
NATIVE_SIDE = 64  # pixels: sample_size 16 times the autoencoder's factor 4
WORDS = ("a", "red", "apple", "blue", "automobile", "photo", "of", "cat", "the", "grass")


def build(
    folder: Path,
    *,
    inpaint: bool = True,
    prediction_type: str = "epsilon",
    slow: int = 1,
    seed: int = 0,
    family: str | None = None,
    text_length: int = TEXT_LENGTH,
    overrides: dict[str, object] | None = None,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, multiple of 8, autoencoder factor 4, about 200 kB.

    inpaint: a 9-channel UNet, else 4. prediction_type: epsilon or v_prediction. slow: that many layers in each block of
    the UNet; 1 takes some 10 ms a step, 60 about a second. text_length: tokens the text encoder reads. overrides: added
    to the folder's layerbridge.json (4 steps, guidance 3 and the family are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    transformers: Any = import_module("transformers")
    tokenizer = tiny_tokenizer(folder, text_length)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = transformers.CLIPTextModel(
            transformers.CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=TEXT_SIZE,
                intermediate_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                max_position_embeddings=text_length,
                projection_dim=TEXT_SIZE,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
        unet = diffusers.UNet2DConditionModel(
            sample_size=NATIVE_SIDE // 4,
            in_channels=9 if inpaint else 4,
            out_channels=4,
            block_out_channels=CHANNELS,
            layers_per_block=slow,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=TEXT_SIZE,
            attention_head_dim=2,
            norm_num_groups=4,
        )
        vae = tiny_vae()
    scheduler = diffusers.DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type=prediction_type,
    )
    kind = diffusers.StableDiffusionInpaintPipeline if inpaint else diffusers.StableDiffusionPipeline
    pipeline = kind(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    described = {"family": family or ("sd2" if prediction_type == "v_prediction" else "sd1")}
    described |= {"steps": 4, "guidance_scale": 3.0, "license": "Apache-2.0"}
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def tiny_vae(**changes: Any) -> Any:
    """An autoencoder of 4 pixels to a latent value."""
    diffusers: Any = import_module("diffusers")
    return diffusers.AutoencoderKL(
        block_out_channels=(4, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=4,
        sample_size=NATIVE_SIDE,
        scaling_factor=0.5,
        **changes,
    )


def tiny_tokenizer(folder: Path, length: int = TEXT_LENGTH, name: str = "tokenizer") -> Any:
    """A CLIP tokenizer of single characters and a few whole words. name: of the part of the folder."""
    from transformers import CLIPTokenizer

    letters = [chr(code) for code in range(33, 127)]
    vocabulary = dict.fromkeys([*letters, *(f"{letter}</w>" for letter in letters)])
    merges: dict[str, None] = {}
    for word in WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            merges[f"{parts[0]} {parts[1]}"] = None
            parts[:2] = [parts[0] + parts[1]]
            vocabulary[parts[0]] = None
    tokens = [*vocabulary, "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / name
    source.mkdir(exist_ok=True)
    vocabulary_file, merges_file = source / "vocab.json", source / "merges.txt"
    vocabulary_file.write_text(json.dumps({token: index for index, token in enumerate(tokens)}), encoding="utf-8")
    merges_file.write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    return CLIPTokenizer(str(vocabulary_file), str(merges_file), model_max_length=length)
