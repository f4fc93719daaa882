"""The facts of FLUX.1 (standard library only).

Steps, guidance, sizes: https://huggingface.co/black-forest-labs/FLUX.1-schnell, FLUX.1-Fill-dev and FLUX.1-Kontext-dev;
dev's steps are those of diffusers' pipelines, 28, where its makers' examples have 50. Several references:
https://docs.comfy.org/built-in-nodes/FluxKontextMultiReferenceLatentMethod, "offset".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, Component, FamilySpec, MemoryModel, Range, TextLimits
from ..components import scheduler_of, weighted
from ..flows import SAMPLERS_BY_SIZE
from ..settings import APART, PAINTING, SECOND_TEXT
from ..stable_diffusion.spec import COMPONENTS as STABLE_DIFFUSION
from ..z_image.spec import SAMPLERS as SAMPLERS_OF_ONE_SHIFT
from .names import FUSED, LAYERS, RENAMED

CELL = 16  # pixels of a token: 2x2 values of the autoencoder's 8 pixels
VALUES = 4  # of the autoencoder to a token and channel
WIDTH = 3072  # of the transformer
KEYS = ("flux1-dev", "flux1-schnell", "flux1-fill", "flux1-kontext")  # whose LoRAs fit one another
SCHEDULER_DEV: Mapping[str, Any] = {  # of the published folders
    "base_shift": 0.5,
    "max_shift": 1.15,
    "shift": 3.0,
    "use_dynamic_shifting": True,
}
COMPONENTS = {
    "transformer": weighted(
        "diffusers", "FluxTransformer2DModel", blocks=("transformer_blocks", "single_transformer_blocks")
    ),
    "vae": weighted("diffusers", "AutoencoderKL", blocks=("resnets", "attentions")),
    "text_encoder": weighted("transformers", "CLIPTextModel", blocks=("layers",)),
    "text_encoder_2": weighted("transformers", "T5EncoderModel", blocks=("block",)),
    "tokenizer": replace(STABLE_DIFFUSION["tokenizer"], required=True),
    "tokenizer_2": Component(
        frozenset({("transformers", "T5Tokenizer"), ("transformers", "T5TokenizerFast")}),
        "tokenizer_config.json",
        required=True,
        sized=False,
    ),
    "scheduler": scheduler_of({**SAMPLERS_BY_SIZE, **SAMPLERS_OF_ONE_SHIFT}),
}
ADAPTED = {
    "transformer": AdaptedPart("lora_unet_", LAYERS, RENAMED, FUSED),
    "text_encoder": AdaptedPart("lora_te1_", ("encoder_layers_",)),
    "text_encoder_2": AdaptedPart("lora_te3_", ("encoder_block_",), also=("lora_te2_",)),  # kohya's, OneTrainer's
}
DEV = FamilySpec(
    key="flux1-dev",
    title="FLUX.1 dev",
    native_resolution=1024,
    latent_cell=CELL,
    size_multiple=CELL,
    guidance="embedded",
    negative_prompt=False,
    text=TextLimits(tokens=512),
    schedule="flow",
    samplers=SAMPLERS_BY_SIZE,
    steps=Range(1, MAX_STEPS, 28),
    guidance_scale=Range(0, MAX_GUIDANCE, 3.5),
    pipelines=("FluxPipeline", "FluxImg2ImgPipeline", "FluxInpaintPipeline"),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    adapters={"lora": Adapters(KEYS, ADAPTED)},
    settings={**PAINTING, **SECOND_TEXT, **{name: APART[name] for name in ("text_encoder", "vae")}},
    few_bits=True,
    memory=MemoryModel(
        step_per_pixel=600,  # a token of 256 pixels takes 120,000 bytes, counted for tensors of the published sizes
        decode_per_pixel=2_500,  # five buffers of 256 channels at full size, as the autoencoder of Stable Diffusion 1
        gpu_factor=1.1,  # 11.9, 4.8 and 0.1 thousand million parameters; each can be there alone
        cpu_factor=2.5,  # there the text encoders become float32
        half="bfloat16",  # as it is published
    ),
)
SCHNELL = replace(
    DEV,
    key="flux1-schnell",
    title="FLUX.1 schnell",
    guidance="none",
    text=TextLimits(tokens=256),
    samplers=SAMPLERS_OF_ONE_SHIFT,
    steps=Range(1, MAX_STEPS, 4),
    guidance_scale=Range(0, MAX_GUIDANCE, 1.0),
    img2img_strength=0.5,
)
FILL = replace(
    DEV,
    key="flux1-fill",
    title="FLUX.1 Fill",
    steps=Range(1, MAX_STEPS, 50),
    guidance_scale=Range(0, MAX_GUIDANCE, 30.0),
    pipelines=("FluxFillPipeline",),
)
KONTEXT = replace(
    DEV,
    key="flux1-kontext",
    title="FLUX.1 Kontext",
    guidance_scale=Range(0, MAX_GUIDANCE, 2.5),
    pipelines=("FluxKontextPipeline", "FluxKontextInpaintPipeline"),
    operations={**DEV.operations, "edit": "noise"},
    references=2,
    shows_surroundings=True,
    memory=replace(DEV.memory, step_per_pixel=1_900),  # three pictures of a megapixel come with it
)
ALL = (DEV, SCHNELL, FILL, KONTEXT)
SCHEDULERS: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(KEYS, SCHEDULER_DEV),
    SCHNELL.key: {"shift": 1.0, "use_dynamic_shifting": False},
}
