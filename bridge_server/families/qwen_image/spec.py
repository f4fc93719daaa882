"""The facts of Qwen-Image, Qwen-Image-Edit and Qwen-Image-Layered (standard library only).

Steps, guidance, sizes: https://huggingface.co/Qwen/Qwen-Image. Lightning: https://github.com/ModelTC/Qwen-Image-Lightning.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...operations.limits import MAX_GUIDANCE, MAX_LAYERS, MAX_STEPS
from ..base import AdaptedPart, Adapters, Component, FamilySpec, MemoryModel, Range, Sampler, TextLimits
from ..components import QWEN_TOKENIZER, scheduler_of, weighted
from ..flows import SAMPLERS_BY_SIZE
from ..settings import APART, PAINTING

CELL = 16  # pixels of a token: four values of the autoencoder's 8 pixels
VALUES = 4  # of a channel of the autoencoder, that a token has: 2x2
TOKENS = 1024  # that the transformer reads of a prompt at most
WIDTH = 3072  # of the transformer
LAYERS = ("transformer_blocks_", "img_in", "txt_in", "time_text_embed_", "norm_out_", "proj_out")  # of LoRA files, too
LIGHTNING = "Euler shift 3"
LIGHTNING_SCHEDULE: Mapping[str, Any] = {  # that it was distilled with: the same whatever the picture's size
    "base_shift": math.log(3),
    "max_shift": math.log(3),
    "shift_terminal": None,
}
SAMPLERS = {
    **SAMPLERS_BY_SIZE,
    "LCM": Sampler("FlowMatchLCMScheduler"),
    LIGHTNING: Sampler("FlowMatchEulerDiscreteScheduler", LIGHTNING_SCHEDULE),
}
COMPONENTS = {
    "transformer": weighted("diffusers", "QwenImageTransformer2DModel", blocks=("transformer_blocks",)),
    "vae": weighted("diffusers", "AutoencoderKLQwenImage", blocks=("down_blocks", "resnets", "attentions")),
    "text_encoder": weighted("transformers", "Qwen2_5_VLForConditionalGeneration", blocks=("layers",)),
    "tokenizer": QWEN_TOKENIZER,
    "scheduler": scheduler_of(SAMPLERS),
}
KEYS = ("qwen-image", "qwen-image-edit", "qwen-image-edit-plus")  # whose LoRAs fit one another
ADAPTED = {"transformer": AdaptedPart("lora_unet_", LAYERS)}
QWEN_IMAGE = FamilySpec(
    key="qwen-image",
    title="Qwen-Image",
    native_resolution=1328,
    latent_cell=CELL,
    size_multiple=CELL,
    guidance="cfg",
    negative_prompt=True,
    text=TextLimits(tokens=TOKENS),
    schedule="flow",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 50),
    guidance_scale=Range(0, MAX_GUIDANCE, 4.0),
    pipelines=("QwenImagePipeline", "QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline"),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    img2img_strength=0.6,
    adapters={"lora": Adapters(KEYS, ADAPTED)},
    settings={**PAINTING, **APART},
    few_bits=True,
    memory=MemoryModel(
        # a token of 256 pixels takes 101,000 bytes, counted for tensors of the published sizes
        step_per_pixel=450,
        decode_per_pixel=5_000,  # 3,640 in the decoder, and in the encoder what its attention may take
        gpu_factor=1.1,  # 20.4, 8.3 and 0.1 thousand million parameters; either can be there alone
        cpu_factor=2.5,  # there the text encoder becomes float32
        half="bfloat16",  # as it is published
    ),
)
PROCESSOR = Component(  # of which nothing is read: pictures.py prepares what the text encoder sees
    frozenset({("transformers", "Qwen2VLProcessor"), ("transformers", "Qwen2_5_VLProcessor")}),
    "preprocessor_config.json",
    optional=True,
    sized=False,
)
EDIT = replace(
    QWEN_IMAGE,
    key="qwen-image-edit",
    title="Qwen-Image-Edit",
    native_resolution=1024,
    pipelines=("QwenImageEditPipeline", "QwenImageEditInpaintPipeline"),
    components={**COMPONENTS, "processor": PROCESSOR},
    operations={**QWEN_IMAGE.operations, "edit": "noise"},
    references=1,
    shows_surroundings=True,
    memory=replace(QWEN_IMAGE.memory, step_per_pixel=1_600),  # three pictures of a megapixel come with it
)
EDIT_PLUS = replace(
    EDIT,
    key="qwen-image-edit-plus",
    title="Qwen-Image-Edit Plus",
    pipelines=("QwenImageEditPlusPipeline",),
    references=3,  # of 2509 and 2511, as https://huggingface.co/Qwen/Qwen-Image-Edit-2509 says
)
LAYERED = replace(  # https://huggingface.co/Qwen/Qwen-Image-Layered
    QWEN_IMAGE,
    key="qwen-image-layered",
    title="Qwen-Image-Layered",
    native_resolution=640,
    samplers={name: sampler for name, sampler in SAMPLERS.items() if name != LIGHTNING},
    pipelines=("QwenImageLayeredPipeline",),
    components={**COMPONENTS, "processor": PROCESSOR},
    operations={"separate": "noise"},
    memory=replace(QWEN_IMAGE.memory, step_per_pixel=450 * (MAX_LAYERS + 2)),  # each layer, the whole and the picture
)
ALL = (QWEN_IMAGE, EDIT, EDIT_PLUS, LAYERED)
