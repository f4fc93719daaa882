"""The facts of Z-Image (standard library only).

Steps, guidance, sizes: https://huggingface.co/Tongyi-MAI/Z-Image and Z-Image-Turbo, and the README of
https://github.com/Tongyi-MAI/Z-Image (read in November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, FamilySpec, MemoryModel, Range, Sampler, Setting, TextLimits
from ..components import QWEN_TOKENIZER, scheduler_of, weighted
from ..flows import FLOW
from ..settings import APART, PAINTING
from .names import FUSED, LAYERS, RENAMED

CELL = 16  # pixels of a token: 2x2 values of the autoencoder's 8 pixels
VALUES = 4  # of the autoencoder to a token and channel
TOKENS = 512  # that are read of a prompt, marks included
WIDTH = 3840  # of the transformer
TEXT_WIDTH = 2560  # of Qwen3 4B
UNGUIDED = 1.0  # diffusers' pipeline counts the guidance from 0: 4 there is 5 here, and in most programs
SAMPLERS = {
    "Euler": Sampler("FlowMatchEulerDiscreteScheduler"),
    "Heun": Sampler("FlowMatchHeunDiscreteScheduler"),
    "LCM": Sampler("FlowMatchLCMScheduler"),
    "DPM++ 2M": Sampler("DPMSolverMultistepScheduler", FLOW),
    "DPM++ 2M SDE": Sampler("DPMSolverMultistepScheduler", {**FLOW, "algorithm_type": "sde-dpmsolver++"}),
    "UniPC": Sampler("UniPCMultistepScheduler", FLOW),
}
COMPONENTS = {
    "transformer": weighted(
        "diffusers", "ZImageTransformer2DModel", blocks=("layers", "noise_refiner", "context_refiner")
    ),
    "vae": weighted("diffusers", "AutoencoderKL", blocks=("resnets", "attentions")),
    "text_encoder": weighted("transformers", "Qwen3Model", "Qwen3ForCausalLM", blocks=("layers",)),
    "tokenizer": QWEN_TOKENIZER,
    "scheduler": scheduler_of(SAMPLERS),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


SETTINGS: Mapping[str, Setting] = {
    **PAINTING,
    **APART,
    "cfg_normalization": lambda value: isinstance(value, bool) or (_is_number(value) and 0 <= value <= 10),
    "cfg_truncation": lambda value: _is_number(value) and 0 <= value <= 1,
}
KEYS = ("z-image-turbo", "z-image")
TURBO = FamilySpec(
    key="z-image-turbo",
    title="Z-Image Turbo",
    native_resolution=1024,
    latent_cell=CELL,
    size_multiple=CELL,
    guidance="none",
    negative_prompt=False,
    text=TextLimits(tokens=TOKENS),
    schedule="flow",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 8),
    guidance_scale=Range(0, MAX_GUIDANCE, UNGUIDED),
    pipelines=("ZImagePipeline", "ZImageImg2ImgPipeline", "ZImageInpaintPipeline"),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    img2img_strength=0.5,
    adapters={"lora": Adapters(KEYS, {"transformer": AdaptedPart("lora_unet_", LAYERS, RENAMED, FUSED)})},
    settings=SETTINGS,
    few_bits=True,
    memory=MemoryModel(
        step_per_pixel=600,  # 534, counted for tensors of the published sizes
        decode_per_pixel=2_500,  # five buffers of 256 channels at full size, as the autoencoder of Stable Diffusion 1
        gpu_factor=1.1,  # 6.2 and 4.0 thousand million parameters; either can be there alone
        cpu_factor=2.5,  # there the text encoder becomes float32
        half="bfloat16",  # as it is published; float16 has not the range
    ),
)
BASE = replace(
    TURBO,
    key="z-image",
    title="Z-Image",
    guidance="cfg",
    negative_prompt=True,
    steps=Range(1, MAX_STEPS, 50),
    guidance_scale=Range(0, MAX_GUIDANCE, 4.0 + UNGUIDED),
    img2img_strength=0.6,
    memory=replace(TURBO.memory, step_per_pixel=1_200),  # two answers at once
)
ALL = (TURBO, BASE)
SHIFTS = {TURBO.key: 3.0, BASE.key: 6.0}  # of the schedule, as the published folders say
