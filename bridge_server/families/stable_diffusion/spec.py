"""The facts of Stable Diffusion 1 and 2 (standard library only)."""

from __future__ import annotations

from dataclasses import replace

from ...operations.limits import MAX_GUIDANCE, MAX_STEPS
from ..base import AdaptedPart, Adapters, Component, FamilySpec, MemoryModel, PreviewMap, Range, TextLimits
from ..settings import PAINTING
from .samplers import SAMPLERS

SCHEDULERS = (
    "DDIMScheduler",
    "DDPMScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "LCMScheduler",
    "LMSDiscreteScheduler",
    "PNDMScheduler",
    "TCDScheduler",
    "UniPCMultistepScheduler",
)
LAYERS = ("resnets", "attentions")  # the lists of layers in the blocks of diffusers' UNets and autoencoders


def _one_of(library: str, *names: str) -> frozenset[tuple[str, str]]:
    return frozenset((library, name) for name in names)


COMPONENTS = {
    "unet": Component(_one_of("diffusers", "UNet2DConditionModel"), required=True, weighted=True, blocks=LAYERS),
    "vae": Component(_one_of("diffusers", "AutoencoderKL"), required=True, weighted=True, blocks=LAYERS),
    "text_encoder": Component(_one_of("transformers", "CLIPTextModel"), weighted=True),
    "scheduler": Component(_one_of("diffusers", *SCHEDULERS), "scheduler_config.json", required=True),
    "tokenizer": Component(
        _one_of("transformers", "CLIPTokenizer", "CLIPTokenizerFast"), "tokenizer_config.json", sized=False
    ),
    "safety_checker": Component(_one_of("stable_diffusion", "StableDiffusionSafetyChecker"), optional=True),
    "feature_extractor": Component(
        _one_of("transformers", "CLIPImageProcessor", "CLIPFeatureExtractor"), "preprocessor_config.json", optional=True
    ),
    "image_encoder": Component(_one_of("transformers", "CLIPVisionModelWithProjection"), optional=True),
}
ADAPTED = {
    "unet": AdaptedPart(
        "lora_unet_", ("down_blocks_", "mid_block_", "up_blocks_", "conv_in", "conv_out", "time_embedding_")
    ),
    "text_encoder": AdaptedPart("lora_te_", ("encoder_layers_",)),
}

SD1 = FamilySpec(
    key="sd1",
    title="Stable Diffusion 1",
    native_resolution=512,
    latent_cell=8,
    size_multiple=64,  # the latent cell times what the UNet's downsampling needs
    guidance="cfg",
    negative_prompt=True,
    text=TextLimits(tokens=77, readings=8),  # attention to more words than that leaves none of them any weight
    schedule="diffusion",
    samplers=SAMPLERS,
    steps=Range(1, MAX_STEPS, 25),
    guidance_scale=Range(0, MAX_GUIDANCE, 7.0),
    pipelines=("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline"),
    components=COMPONENTS,
    denoiser="unet",
    adapters={"lora": Adapters(("sd1",), ADAPTED)},
    settings=PAINTING,
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    memory=MemoryModel(
        step_per_pixel=1_500,  # UNet activations, guidance's two rows
        decode_per_pixel=2_500,  # five buffers of 256 channels at full size
        gpu_factor=1.5,  # activations and the allocator's slack
        cpu_factor=2.5,  # there most of a float16 file becomes float32
    ),
    # found by keturn, https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204
    # (there for -1..1, here for 0..1)
    preview=PreviewMap(
        latent_rgb=(
            (0.298 / 2, 0.207 / 2, 0.208 / 2),
            (0.187 / 2, 0.286 / 2, 0.173 / 2),
            (-0.158 / 2, 0.189 / 2, 0.264 / 2),
            (-0.184 / 2, -0.271 / 2, -0.473 / 2),
            (0.5, 0.5, 0.5),
        ),
        widths=(128, 256, 512, 512),
        scaling_factor=0.18215,
    ),
)
SD2_BASE = replace(
    SD1,
    key="sd2-base",
    title="Stable Diffusion 2 base",
    adapters={"lora": Adapters(("sd2-base", "sd2"), ADAPTED)},  # their tensors are the same
)
SD2 = replace(SD2_BASE, key="sd2", title="Stable Diffusion 2", native_resolution=768)
