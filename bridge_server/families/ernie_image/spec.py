"""The facts of ERNIE-Image (standard library only).

Steps, guidance, sizes: https://huggingface.co/baidu/ERNIE-Image and ERNIE-Image-Turbo, and diffusers' pipeline (read in
November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, Component, FamilySpec, MemoryModel, Range, TextLimits
from ..components import scheduler_of, weighted
from ..settings import APART, PAINTING
from ..z_image.spec import SAMPLERS

CELL = 16  # pixels of a token: 2x2 values of the autoencoder's 8 pixels
VALUES = 4  # of the autoencoder to a token and channel
TOKENS = 2048  # that are read of a prompt, as its tokenizer says
WIDTH = 4096  # of the transformer
LAYERS = ("layers_", "x_embedder_", "text_proj", "time_embedding_", "adaLN_modulation_", "final_norm_", "final_linear")
TOKENIZER_CLASSES = frozenset({("transformers", "TokenizersBackend"), ("transformers", "PreTrainedTokenizerFast")})
COMPONENTS = {
    "transformer": weighted("diffusers", "ErnieImageTransformer2DModel", blocks=("layers",)),
    "vae": weighted("diffusers", "AutoencoderKLFlux2", blocks=("resnets", "attentions")),
    "text_encoder": weighted("transformers", "Mistral3Model", blocks=("layers",)),
    "tokenizer": Component(TOKENIZER_CLASSES, "tokenizer_config.json", required=True, sized=False),
    "scheduler": scheduler_of(SAMPLERS),
    # a language model that writes longer prompts, which is not loaded
    "pe": Component(frozenset({("transformers", "Ministral3ForCausalLM")}), optional=True),
    "pe_tokenizer": Component(TOKENIZER_CLASSES, "tokenizer_config.json", optional=True, sized=False),
}
KEYS = ("ernie-image", "ernie-image-turbo")  # whose LoRAs fit one another
ERNIE = FamilySpec(
    key="ernie-image",
    title="ERNIE-Image",
    native_resolution=1024,
    latent_cell=CELL,
    size_multiple=CELL,
    guidance="cfg",
    negative_prompt=True,
    text=TextLimits(tokens=TOKENS),
    schedule="flow",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 50),
    guidance_scale=Range(0, MAX_GUIDANCE, 4.0),
    pipelines=("ErnieImagePipeline",),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    img2img_strength=0.6,
    adapters={"lora": Adapters(KEYS, {"transformer": AdaptedPart("lora_unet_", LAYERS)})},
    settings={**PAINTING, **APART},
    few_bits=True,
    memory=MemoryModel(
        # a token of 256 pixels takes 201,000 bytes, counted for tensors of the published sizes, of the prompt too; two
        # answers at once
        step_per_pixel=2_000,
        decode_per_pixel=2_500,  # as FLUX.2 Klein, whose autoencoder it is
        gpu_factor=1.1,  # 8.0 and 3.8 thousand million parameters; either can be there alone
        cpu_factor=2.5,  # there the text encoder becomes float32
        half="bfloat16",  # as it is published
    ),
)
TURBO = replace(
    ERNIE,
    key="ernie-image-turbo",
    title="ERNIE-Image Turbo",
    guidance="none",
    negative_prompt=False,
    steps=Range(1, MAX_STEPS, 8),
    guidance_scale=Range(0, MAX_GUIDANCE, 1.0),
    img2img_strength=0.5,
    memory=replace(ERNIE.memory, step_per_pixel=1_000),
)
ALL = (ERNIE, TURBO)
SCHEDULER: Mapping[str, Any] = {"shift": 4.0}  # of the published folders
