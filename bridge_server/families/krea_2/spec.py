"""The facts of Krea 2 (standard library only).

Steps, guidance, sizes: https://github.com/krea-ai/krea-2 and https://huggingface.co/krea/Krea-2-Raw and Krea-2-Turbo
(read in November 2026).
"""

from __future__ import annotations

from dataclasses import replace

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, FamilySpec, MemoryModel, Range, Sampler, TextLimits
from ..components import QWEN_TOKENIZER, scheduler_of, weighted
from ..flows import SAMPLERS_BY_SIZE
from ..settings import APART, PAINTING
from .names import LAYERS, RENAMED

CELL = 16  # pixels of a token: 2x2 values of the autoencoder's 8 pixels
VALUES = 4  # of the autoencoder to a token and channel
TOKENS = 512  # that the transformer hears of a prompt and what stands after it
WIDTH, KEYS_WIDTH, INNER = 6144, 1536, 16_384  # of the transformer; of its keys and values; between
TEXT_WIDTH = 2560  # of Qwen3-VL 4B
LAYERS_READ = (2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35)  # of the text encoder's answers; the first is its input
UNGUIDED = 1.0  # diffusers' pipeline and the makers count the guidance from 0: 3.5 there is 4.5 here and in ComfyUI
SAMPLERS = {**SAMPLERS_BY_SIZE, "LCM": Sampler("FlowMatchLCMScheduler")}
COMPONENTS = {
    "transformer": weighted(
        "diffusers",
        "Krea2Transformer2DModel",
        blocks=("transformer_blocks", "layerwise_blocks", "refiner_blocks"),
    ),
    "vae": weighted("diffusers", "AutoencoderKLQwenImage", blocks=("down_blocks", "resnets", "attentions")),
    "text_encoder": weighted("transformers", "Qwen3VLModel", "Qwen3VLForConditionalGeneration", blocks=("layers",)),
    "tokenizer": QWEN_TOKENIZER,
    "scheduler": scheduler_of(SAMPLERS),
}
KEYS = ("krea-2-turbo", "krea-2")
TURBO = FamilySpec(
    key="krea-2-turbo",
    title="Krea 2 Turbo",
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
    pipelines=("Krea2Pipeline",),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    img2img_strength=0.5,
    adapters={"lora": Adapters(KEYS, {"transformer": AdaptedPart("lora_unet_", LAYERS, RENAMED)})},
    settings={**PAINTING, **APART},
    few_bits=True,
    memory=MemoryModel(
        step_per_pixel=700,  # 595 counted for tensors of the published sizes with a short prompt, 650 with the longest
        decode_per_pixel=5_000,  # as Qwen-Image, whose autoencoder it is
        gpu_factor=1.1,  # 12.8, 4.4 and 0.1 thousand million parameters; either can be there alone
        cpu_factor=2.5,  # there the text encoder becomes float32
        half="bfloat16",  # as it is published
    ),
)
BASE = replace(
    TURBO,
    key="krea-2",
    title="Krea 2",
    guidance="cfg",
    negative_prompt=True,
    steps=Range(1, MAX_STEPS, 52),
    guidance_scale=Range(0, MAX_GUIDANCE, 3.5 + UNGUIDED),
    img2img_strength=0.6,
)
ALL = (TURBO, BASE)
SCHEDULER = {  # of the published folders
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 6400,
}
