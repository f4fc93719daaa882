"""The facts of Stable Diffusion XL and of the models that were made of it (standard library only).

Steps and guidance: what their makers' pages say, for models that were distilled too (read again in November 2026).
https://huggingface.co/stabilityai/sdxl-turbo, https://huggingface.co/ByteDance/SDXL-Lightning,
https://huggingface.co/ByteDance/Hyper-SD, https://huggingface.co/docs/diffusers/using-diffusers/inference_with_lcm,
https://huggingface.co/Laxhar/noobai-XL-Vpred-1.0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import (
    AdaptedPart,
    Adapters,
    Component,
    FamilySpec,
    MemoryModel,
    PreviewMap,
    Range,
    Sampler,
    Setting,
    TextLimits,
)
from ..settings import PAINTING
from ..stable_diffusion.samplers import SAMPLERS as DIFFUSING
from ..stable_diffusion.spec import COMPONENTS as STABLE_DIFFUSION
from .names import LAYERS

MAX_CLIP_SKIP = 10  # the smaller text encoder has 12 layers
SAMPLERS = DIFFUSING | {"TCD": Sampler("TCDScheduler")}


def _is_clip_skip(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CLIP_SKIP


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


SETTINGS: Mapping[str, Setting] = {
    **PAINTING,
    "clip_skip": _is_clip_skip,
    "guidance_rescale": _is_share,
    "zero_terminal_snr": lambda value: isinstance(value, bool),
}
COMPONENTS = {
    **{name: STABLE_DIFFUSION[name] for name in ("unet", "vae", "text_encoder", "tokenizer", "scheduler")},
    "text_encoder_2": Component(frozenset({("transformers", "CLIPTextModelWithProjection")}), weighted=True),
    "tokenizer_2": STABLE_DIFFUSION["tokenizer"],
    "image_encoder": STABLE_DIFFUSION["image_encoder"],
    "feature_extractor": STABLE_DIFFUSION["feature_extractor"],
}
ADAPTED = {
    "unet": AdaptedPart(
        "lora_unet_",
        ("down_blocks_", "mid_block_", "up_blocks_", "conv_in", "conv_out", "time_embedding_", "add_embedding_"),
        LAYERS,
    ),
    "text_encoder": AdaptedPart("lora_te1_", ("encoder_layers_",)),
    "text_encoder_2": AdaptedPart("lora_te2_", ("encoder_layers_", "text_projection")),
}
KEYS = ("sdxl", "sdxl-v", "sdxl-turbo", "sdxl-lightning", "sdxl-hyper", "sdxl-lcm")

XL = FamilySpec(
    key="sdxl",
    title="Stable Diffusion XL",
    native_resolution=1024,
    latent_cell=8,
    size_multiple=32,  # the latent cell times what the UNet's downsampling needs
    guidance="cfg",
    negative_prompt=True,
    text=TextLimits(tokens=77, readings=8),
    schedule="diffusion",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 28),
    guidance_scale=Range(0, MAX_GUIDANCE, 6.0),
    pipelines=("StableDiffusionXLPipeline", "StableDiffusionXLInpaintPipeline", "StableDiffusionXLImg2ImgPipeline"),
    components=COMPONENTS,
    denoiser="unet",
    adapters={"lora": Adapters(KEYS, ADAPTED)},
    refiners=("sdxl-refiner",),
    settings=SETTINGS,
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    memory=MemoryModel(
        step_per_pixel=500,  # 316 with guidance, counted for tensors of the published sizes
        decode_per_pixel=4_000,  # 3,072, in single precision
        gpu_factor=1.1,  # its UNet is three quarters of it, and can be there alone
        cpu_factor=2.5,
    ),
    # found by StAlKeR7779, https://github.com/invoke-ai/InvokeAI (there for -1..1, here for 0..1)
    preview=PreviewMap(
        latent_rgb=(
            (0.3816 / 2, 0.4930 / 2, 0.5320 / 2),
            (-0.3753 / 2, 0.1631 / 2, 0.1739 / 2),
            (0.1770 / 2, 0.3588 / 2, -0.2048 / 2),
            (-0.4350 / 2, -0.2644 / 2, -0.4289 / 2),
            (0.5, 0.5, 0.5),
        ),
        widths=(128, 256, 512, 512),
        scaling_factor=0.13025,
    ),
)
V = replace(XL, key="sdxl-v", title="Stable Diffusion XL (v-prediction)", guidance_scale=Range(0, MAX_GUIDANCE, 5.0))


def _distilled(key: str, title: str, steps: int) -> FamilySpec:
    """At a guidance of 1 there is none, which is half the work; the models' makers say so of all of them."""
    return replace(
        XL,
        key=key,
        title=title,
        steps=Range(1, MAX_STEPS, steps),
        guidance_scale=Range(0, MAX_GUIDANCE, 1.0),
        img2img_strength=0.5,
        refiners=(),
    )


TURBO = _distilled("sdxl-turbo", "SDXL Turbo", 4)
LIGHTNING = _distilled("sdxl-lightning", "SDXL Lightning", 6)
HYPER = _distilled("sdxl-hyper", "Hyper-SDXL", 8)
LCM = _distilled("sdxl-lcm", "SDXL LCM", 6)
REFINER = replace(
    XL,
    key="sdxl-refiner",
    title="Stable Diffusion XL refiner",
    size_multiple=64,  # its UNet has one level more
    role="refiner",
    adapters={},
    refiners=(),
)
ALL = (XL, V, TURBO, LIGHTNING, HYPER, LCM, REFINER)
