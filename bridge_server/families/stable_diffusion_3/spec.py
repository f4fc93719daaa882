"""The facts of Stable Diffusion 3.5 and 3 (standard library only).

Steps, guidance, sizes: https://huggingface.co/stabilityai/stable-diffusion-3.5-large, -large-turbo, -medium and
stable-diffusion-3-medium-diffusers (their pages' examples).
"""

from __future__ import annotations

from dataclasses import replace

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, Component, FamilySpec, MemoryModel, Range, TextLimits
from ..components import scheduler_of, weighted
from ..settings import APART, PAINTING, SECOND_TEXT, THIRD_TEXT
from ..stable_diffusion.spec import COMPONENTS as STABLE_DIFFUSION
from ..z_image.spec import SAMPLERS
from .names import FUSED, LAYERS, renamed

CELL = 16  # pixels of a token: 2x2 values of the autoencoder's 8 pixels
WIDTHS = {"large": 2432, "medium": 1536}  # of the transformer
BLOCKS = {"large": 38, "medium": 24}
TEXT_WIDTHS = {"text_encoder": 768, "text_encoder_2": 1280, "text_encoder_3": 4096}
T5_TOKENS = 256  # that are read, as diffusers does if not told otherwise
SHIFT = 3.0  # of the schedule, as all published folders say
CLIP_TOKENIZER = replace(STABLE_DIFFUSION["tokenizer"], required=True)
COMPONENTS = {
    "transformer": weighted("diffusers", "SD3Transformer2DModel", blocks=("transformer_blocks",)),
    "vae": weighted("diffusers", "AutoencoderKL", blocks=("resnets", "attentions")),
    "text_encoder": weighted("transformers", "CLIPTextModelWithProjection", blocks=("layers",)),
    "text_encoder_2": weighted("transformers", "CLIPTextModelWithProjection", blocks=("layers",)),
    "text_encoder_3": Component(frozenset({("transformers", "T5EncoderModel")}), weighted=True, blocks=("block",)),
    "tokenizer": CLIP_TOKENIZER,
    "tokenizer_2": CLIP_TOKENIZER,
    "tokenizer_3": Component(
        frozenset({("transformers", "T5Tokenizer"), ("transformers", "T5TokenizerFast")}),
        "tokenizer_config.json",
        sized=False,
    ),
    "scheduler": scheduler_of(SAMPLERS),
    "image_encoder": Component(frozenset({("transformers", "SiglipVisionModel")}), optional=True),
    "feature_extractor": Component(
        frozenset({("transformers", "SiglipImageProcessor")}), "preprocessor_config.json", optional=True
    ),
}


def _adapters(keys: tuple[str, ...], size: str) -> dict[str, Adapters]:
    parts = {
        "transformer": AdaptedPart("lora_unet_", LAYERS, renamed(BLOCKS[size]), FUSED),
        "text_encoder": AdaptedPart("lora_te1_", ("encoder_layers_", "text_projection")),
        "text_encoder_2": AdaptedPart("lora_te2_", ("encoder_layers_", "text_projection")),
        "text_encoder_3": AdaptedPart("lora_te3_", ("encoder_block_",)),
    }
    return {"lora": Adapters(keys, parts)}


LARGE = FamilySpec(
    key="sd35-large",
    title="Stable Diffusion 3.5 Large",
    native_resolution=1024,
    latent_cell=CELL,
    size_multiple=CELL,
    guidance="cfg",
    negative_prompt=True,
    text=TextLimits(tokens=77),
    schedule="flow",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 28),
    guidance_scale=Range(0, MAX_GUIDANCE, 3.5),
    pipelines=("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline", "StableDiffusion3InpaintPipeline"),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    img2img_strength=0.6,
    adapters=_adapters(("sd35-large", "sd35-large-turbo"), "large"),
    settings={**PAINTING, **SECOND_TEXT, **THIRD_TEXT, **{name: APART[name] for name in ("text_encoder", "vae")}},
    few_bits=True,
    memory=MemoryModel(
        step_per_pixel=600,  # 503 with guidance, counted for tensors of the published sizes; Medium 342
        decode_per_pixel=2_500,  # five buffers of 256 channels at full size, as the autoencoder of Stable Diffusion 1
        gpu_factor=1.1,  # 8.1, 4.8, 0.7 and 0.1 thousand million parameters; each can be there alone
        cpu_factor=2.5,  # there the text encoders become float32
        half="bfloat16",  # as it is published
    ),
)
TURBO = replace(
    LARGE,
    key="sd35-large-turbo",
    title="Stable Diffusion 3.5 Large Turbo",
    steps=Range(1, MAX_STEPS, 4),
    guidance_scale=Range(0, MAX_GUIDANCE, 1.0),
    img2img_strength=0.5,
)
MEDIUM = replace(
    LARGE,
    key="sd35-medium",
    title="Stable Diffusion 3.5 Medium",
    steps=Range(1, MAX_STEPS, 40),
    guidance_scale=Range(0, MAX_GUIDANCE, 4.5),
    adapters=_adapters(("sd35-medium",), "medium"),
)
OLD_MEDIUM = replace(
    MEDIUM,
    key="sd3-medium",
    title="Stable Diffusion 3 Medium",
    steps=Range(1, MAX_STEPS, 28),
    guidance_scale=Range(0, MAX_GUIDANCE, 7.0),
    adapters=_adapters(("sd3-medium",), "medium"),
)
ALL = (LARGE, TURBO, MEDIUM, OLD_MEDIUM)
KEYS = tuple(spec.key for spec in ALL)
