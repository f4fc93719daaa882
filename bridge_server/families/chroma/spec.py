"""The facts of Chroma (standard library only).

Steps, guidance, sizes: https://huggingface.co/lodestones/Chroma1-HD; what Flash takes no page of its makers tells: 8
steps without guidance are what other programs begin with. Schedules: those of the published folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, FamilySpec, MemoryModel, Range, TextLimits
from ..components import scheduler_of, weighted
from ..flux1.spec import CELL
from ..flux1.spec import COMPONENTS as FLUX
from ..flux1.spec import KEYS as FLUX_KEYS
from ..settings import APART, PAINTING
from ..z_image.spec import SAMPLERS as SAMPLERS_OF_ONE_SHIFT
from .names import FUSED, LAYERS, RENAMED

UNGUIDED = 1.0
BETA = "use_beta_sigmas"  # noise levels of Base, which only schedulers for flows spread right
SAMPLERS = {
    name: replace(sampler, settings={**sampler.settings, BETA: False}) if sampler.settings else sampler
    for name, sampler in SAMPLERS_OF_ONE_SHIFT.items()
}
COMPONENTS = {
    "transformer": weighted(
        "diffusers", "ChromaTransformer2DModel", blocks=("transformer_blocks", "single_transformer_blocks")
    ),
    "vae": FLUX["vae"],
    "text_encoder": FLUX["text_encoder_2"],
    "tokenizer": FLUX["tokenizer_2"],
    "scheduler": scheduler_of(SAMPLERS),
}
KEYS = ("chroma", "chroma-base", "chroma-flash")
ADAPTED = {
    "transformer": AdaptedPart("lora_unet_", LAYERS, RENAMED, FUSED),
    "text_encoder": AdaptedPart("lora_te3_", ("encoder_block_",), also=("lora_te_", "lora_te1_")),  # by the program
}
HD = FamilySpec(
    key="chroma",
    title="Chroma",
    native_resolution=1024,
    latent_cell=CELL,
    size_multiple=CELL,
    guidance="cfg",
    negative_prompt=True,
    text=TextLimits(tokens=512),
    schedule="flow",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 40),
    guidance_scale=Range(0, MAX_GUIDANCE, 3.0),
    pipelines=("ChromaPipeline", "ChromaImg2ImgPipeline", "ChromaInpaintPipeline"),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    adapters={"lora": Adapters((*KEYS, *FLUX_KEYS), ADAPTED)},  # most files for one look like those for the other
    settings={**PAINTING, **APART},
    few_bits=True,
    memory=MemoryModel(
        step_per_pixel=600,  # as FLUX.1, whose tokens and blocks it has; both prompts are heard in turn
        decode_per_pixel=2_500,  # FLUX.1's autoencoder
        gpu_factor=1.1,  # 8.9, 4.8 and 0.1 thousand million parameters; each can be there alone
        cpu_factor=2.5,  # there the text encoder becomes float32
        half="bfloat16",  # as it is published
    ),
)
BASE = replace(HD, key="chroma-base", title="Chroma Base", native_resolution=512)
FLASH = replace(
    HD,
    key="chroma-flash",
    title="Chroma Flash",
    guidance="none",
    negative_prompt=False,
    steps=Range(1, MAX_STEPS, 8),
    guidance_scale=Range(0, MAX_GUIDANCE, UNGUIDED),
    img2img_strength=0.5,
)
ALL = (HD, BASE, FLASH)
SCHEDULERS: Mapping[str, Mapping[str, Any]] = {HD.key: {"shift": 3.0}, BASE.key: {BETA: True}, FLASH.key: {}}
