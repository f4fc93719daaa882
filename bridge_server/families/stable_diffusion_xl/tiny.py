"""For tests: tiny Stable Diffusion XL models with seeded random weights and tokenizers, as stable_diffusion/tiny.py."""

from __future__ import annotations

import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

from ..stable_diffusion.tiny import CHANNELS, NATIVE_SIDE, TEXT_LENGTH, tiny_tokenizer, tiny_vae
from .spec import REFINER, XL, V

WIDTHS = (16, 24)  # of the text encoders
TEXT_LAYERS = 3
SIZE_WIDTH = 8  # of each of the six numbers of the picture's size


def build(
    folder: Path,
    *,
    inpaint: bool = False,
    prediction_type: str = "epsilon",
    zero_snr: bool = False,
    slow: int = 1,
    seed: int = 0,
    family: str | None = None,
    text_length: int = TEXT_LENGTH,
    force_upcast: bool = True,
    guidance_width: int | None = None,
    overrides: dict[str, object] | None = None,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, multiple of 8, autoencoder factor 4, about 300 kB.

    family: sdxl-refiner: a refiner, of 4 channels. inpaint: a 9-channel UNet, else 4. zero_snr: the schedule ends in
    pure noise. slow: as in stable_diffusion/tiny.py. guidance_width: of the guidance that a distilled UNet is told.
    overrides: added to the folder's layerbridge.json (4 steps, guidance 3 and the family are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    is_refiner = family == REFINER.key
    inpaint = inpaint and not is_refiner
    tokenizers = [tiny_tokenizer(folder, text_length, name) for name in ("tokenizer", "tokenizer_2")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoders = [_text_encoder(number, tokenizer, text_length) for number, tokenizer in enumerate(tokenizers)]
        unet = diffusers.UNet2DConditionModel(
            sample_size=NATIVE_SIDE // 4,
            in_channels=9 if inpaint else 4,
            out_channels=4,
            block_out_channels=CHANNELS,
            layers_per_block=slow,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=WIDTHS[1] if is_refiner else sum(WIDTHS),
            transformer_layers_per_block=(1, 2),
            attention_head_dim=(2, 2),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=SIZE_WIDTH,
            projection_class_embeddings_input_dim=(5 if is_refiner else 6) * SIZE_WIDTH + WIDTHS[1],
            time_cond_proj_dim=guidance_width,
            norm_num_groups=4,
        )
        vae = tiny_vae(force_upcast=force_upcast)
    family = family or (V.key if prediction_type == "v_prediction" else XL.key)
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        steps_offset=1,
        prediction_type="v_prediction" if family == V.key else prediction_type,
        rescale_betas_zero_snr=zero_snr,
        timestep_spacing="trailing" if zero_snr else "leading",
    )
    kind = diffusers.StableDiffusionXLInpaintPipeline if inpaint else diffusers.StableDiffusionXLPipeline
    liked: dict[str, Any] = {}
    if is_refiner:
        kind = diffusers.StableDiffusionXLImg2ImgPipeline
        liked = {"requires_aesthetics_score": True, "force_zeros_for_empty_prompt": False}
        shutil.rmtree(folder / "tokenizer")
    pipeline = kind(
        vae=vae,
        text_encoder=None if is_refiner else encoders[0],
        text_encoder_2=encoders[1],
        tokenizer=None if is_refiner else tokenizers[0],
        tokenizer_2=tokenizers[1],
        unet=unet,
        scheduler=scheduler,
        add_watermarker=False,
        **liked,
    )
    pipeline.save_pretrained(folder)
    described = {"family": family, "steps": 4, "guidance_scale": 3.0, "license": "Apache-2.0"}
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def _text_encoder(number: int, tokenizer: Any, text_length: int) -> Any:
    transformers: Any = import_module("transformers")
    kinds = (transformers.CLIPTextModel, transformers.CLIPTextModelWithProjection)
    return kinds[number](
        transformers.CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTHS[number],
            intermediate_size=32,
            num_hidden_layers=TEXT_LAYERS,
            num_attention_heads=2,
            max_position_embeddings=text_length,
            projection_dim=WIDTHS[number],
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
