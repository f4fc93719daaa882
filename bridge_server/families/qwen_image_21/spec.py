"""The facts of Qwen-Image 2.1 (standard library only).

Steps, guidance, references: https://github.com/QwenLM/Qwen-Image-2.1 and diffusers' QwenImage21Pipeline; Turbo:
https://huggingface.co/Qwen/Qwen-Image-2.1-Turbo (read in November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, Component, FamilySpec, MemoryModel, Range, Sampler, TextLimits
from ..components import QWEN_TOKENIZER, scheduler_of, weighted
from ..flows import SAMPLERS_BY_SIZE
from ..settings import APART, PAINTING

CELL = 16  # pixels of a token, which is a value of the autoencoder
SLOT = 2 * CELL  # pixels of what the text encoder sees as one, and the transformer as 2x2 tokens
TOKENS = 1024  # that are read of a prompt at most, as by Qwen-Image; diffusers has no limit
CACHED_TOKENS = 6144  # whose keys and values are kept from step to step, at most: half a megabyte each
WIDTH, INNER = 4096, 12_288  # of the transformer, and between the two halves of its layers
LAYERS = ("transformer_blocks_", "img_in", "txt_in_", "time_text_embed_", "modulation_", "norm_out_", "proj_out")
FUSED: Mapping[str, Mapping[str, int]] = {  # as ComfyUI has them
    "img_mlp_gate_up": {"img_mlp_gate_layer": 1, "img_mlp_proj": 1}
}
SAMPLERS = {**SAMPLERS_BY_SIZE, "LCM": Sampler("FlowMatchLCMScheduler")}
TURBO_SAMPLERS = {name: SAMPLERS[name] for name in ("Euler", "LCM")}  # which take the noise of each step as it is told
PROCESSOR = Component(  # of which the tokenizer is read: what sees pictures gets them from qwen_image/pictures.py
    frozenset({("transformers", "Qwen3VLProcessor")}), "tokenizer_config.json", required=True, sized=False
)
COMPONENTS = {
    "transformer": weighted("diffusers", "QwenImage21Transformer2DModel", blocks=("transformer_blocks",)),
    "vae": weighted("diffusers", "AutoencoderKLQwenImage21", blocks=("down_blocks", "resnets", "attentions")),
    "text_encoder": weighted("transformers", "Qwen3VLForConditionalGeneration", blocks=("layers",)),
    "processor": PROCESSOR,
    "tokenizer": replace(QWEN_TOKENIZER, required=False),  # of files; folders have it in the processor
    "scheduler": scheduler_of(SAMPLERS),
}
KEYS = ("qwen-image-21", "qwen-image-21-turbo")  # whose LoRAs fit one another
QWEN21 = FamilySpec(
    key="qwen-image-21",
    title="Qwen-Image 2.1",
    native_resolution=1024,  # what diffusers and ComfyUI take by themselves; it was trained up to 2048
    latent_cell=CELL,
    size_multiple=SLOT,
    guidance="cfg",
    negative_prompt=True,
    text=TextLimits(tokens=TOKENS),
    schedule="flow",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 40),
    guidance_scale=Range(0, MAX_GUIDANCE, 1.0),
    pipelines=("QwenImage21Pipeline",),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise", "edit": "noise"},
    references=10,
    shows_surroundings=True,
    img2img_strength=0.6,
    adapters={"lora": Adapters(KEYS, {"transformer": AdaptedPart("lora_unet_", LAYERS, fused=FUSED)})},
    settings={**PAINTING, **APART},
    few_bits=True,
    memory=MemoryModel(
        # of a megapixel: a token of 256 pixels takes 162,000 bytes, counted for tensors of the published sizes, and so
        # do those of a picture that is shown and of a prompt; what is kept of them takes 3.2 GB at most
        step_per_pixel=4_400,
        decode_per_pixel=6_500,  # 6,432, counted likewise
        gpu_factor=1.1,  # 7.1, 8.8 and 0.3 thousand million parameters; either can be there alone
        cpu_factor=2.5,  # there the text encoder becomes float32
        half="bfloat16",  # as it is published
    ),
)
TURBO = replace(
    QWEN21,
    key="qwen-image-21-turbo",
    title="Qwen-Image 2.1 Turbo",
    guidance="none",
    negative_prompt=False,
    samplers=TURBO_SAMPLERS,
    steps=Range(1, MAX_STEPS, 8),
    img2img_strength=0.5,
)
ALL = (QWEN21, TURBO)
SCHEDULER: Mapping[str, Any] = {  # of the published folder
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 0.9,
    "max_image_seq_len": 8192,
    "shift_terminal": 0.02,
}
TURBO_SCHEDULER: Mapping[str, Any] = {**SCHEDULER, "use_dynamic_shifting": False, "shift_terminal": None}
