"""The facts of FLUX.2 Klein (standard library only).

Steps, guidance, sizes: https://huggingface.co/black-forest-labs/FLUX.2-klein-4B and its three sisters. References:
https://docs.bfl.ai/guides/prompting_editing_overview, "up to 4".
"""

from __future__ import annotations

from dataclasses import replace

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, FamilySpec, MemoryModel, Range, TextLimits
from ..components import QWEN_TOKENIZER, scheduler_of, weighted
from ..flows import SAMPLERS_BY_SIZE
from ..settings import APART, PAINTING
from .names import FUSED, LAYERS, RENAMED

CELL = 16  # pixels of a token: four values of the autoencoder's 8 pixels
VALUES = 4  # of a channel of the autoencoder, that a token has: 2x2
TOKENS = 512  # that the transformer reads of a prompt, whatever its length
TEXT_LAYERS = (9, 18, 27)  # of the text encoder, whose answers it reads side by side
SAMPLERS = SAMPLERS_BY_SIZE
COMPONENTS = {
    "transformer": weighted(
        "diffusers", "Flux2Transformer2DModel", blocks=("transformer_blocks", "single_transformer_blocks")
    ),
    "vae": weighted("diffusers", "AutoencoderKLFlux2", blocks=("resnets", "attentions")),
    "text_encoder": weighted("transformers", "Qwen3ForCausalLM", blocks=("layers",)),
    "tokenizer": QWEN_TOKENIZER,
    "scheduler": scheduler_of(SAMPLERS),
}
ADAPTED = {"transformer": AdaptedPart("lora_unet_", LAYERS, RENAMED, FUSED)}
WIDTHS = {"4b": 3072, "9b": 4096}  # of the transformer
DISTILLED_4B = FamilySpec(
    key="flux2-klein-4b",
    title="FLUX.2 Klein 4B",
    native_resolution=1024,
    latent_cell=CELL,
    size_multiple=CELL,
    guidance="none",
    negative_prompt=False,
    text=TextLimits(tokens=TOKENS),
    schedule="flow",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 4),
    guidance_scale=Range(0, MAX_GUIDANCE, 1.0),
    pipelines=("Flux2KleinPipeline", "Flux2KleinInpaintPipeline"),
    components=COMPONENTS,
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise", "edit": "noise"},
    references=4,
    shows_surroundings=True,
    img2img_strength=0.5,
    adapters={"lora": Adapters(("flux2-klein-4b", "flux2-klein-base-4b"), ADAPTED)},
    settings={**PAINTING, **APART},
    few_bits=True,
    memory=MemoryModel(
        # a token of 256 pixels takes 134,000 bytes, counted for tensors of the published sizes; 2,440 a pixel where the
        # picture is its own reference, and four of a megapixel come with it
        step_per_pixel=2_500,
        decode_per_pixel=2_500,  # five buffers of 256 channels at full size, as the autoencoder of Stable Diffusion 1
        gpu_factor=1.1,  # 3.9 and 4.0 thousand million parameters; either can be there alone
        cpu_factor=2.5,  # there the text encoder becomes float32
        half="bfloat16",  # as it is published
    ),
)


def _larger(spec: FamilySpec, key: str, title: str) -> FamilySpec:
    """9.1 and 8.2 thousand million parameters; a token takes 178,000 bytes."""
    adapters = {"lora": Adapters(("flux2-klein-9b", "flux2-klein-base-9b"), ADAPTED)}
    return replace(spec, key=key, title=title, adapters=adapters, memory=replace(spec.memory, step_per_pixel=3_300))


BASE_4B = replace(
    DISTILLED_4B,
    key="flux2-klein-base-4b",
    title="FLUX.2 Klein base 4B",
    guidance="cfg",
    negative_prompt=True,
    steps=Range(1, MAX_STEPS, 50),
    guidance_scale=Range(0, MAX_GUIDANCE, 4.0),
    img2img_strength=0.6,
)
DISTILLED_9B = _larger(DISTILLED_4B, "flux2-klein-9b", "FLUX.2 Klein 9B")
BASE_9B = _larger(BASE_4B, "flux2-klein-base-9b", "FLUX.2 Klein base 9B")
ALL = (DISTILLED_4B, BASE_4B, DISTILLED_9B, BASE_9B)
