"""Whether a folder, a file or a hub's model is Stable Diffusion XL (standard library only).

Tensor names of single files: https://github.com/Stability-AI/generative-models, as AUTOMATIC1111's web UI, Forge,
ComfyUI and InvokeAI keep them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match, tensor_named
from ..stable_diffusion.layout import (
    LORA_DOWN,
    UNET,
    UNET_FIRST,
    VAE,
    Shapes,
    adapted_text_width,
    has_encoder,
    levels_of,
    side,
    text_projection,
    unet_levels,
    unsupported_channels,
    vae_levels,
    whole_number,
)
from .spec import LCM, REFINER, XL
from .variants import Variant, variant_of_file, variant_of_folder, variant_of_name

TEXT = "conditioner."
TEXT_1 = f"{TEXT}embedders.0.transformer.text_model.embeddings.token_embedding.weight"
TEXT_2 = f"{TEXT}embedders.1.model."
TEXT_2_NEEDED = tuple(f"{TEXT_2}{name}" for name in ("token_embedding.weight", "text_projection"))
REFINER_TEXT = f"{TEXT}embedders.0.model."
SIZES = f"{UNET}label_emb.0.0.weight"  # takes in the picture's size and the pooled text
DIFFUSERS_SIZES, CONTROL = "add_embedding.linear_1.weight", "controlnet_cond_embedding."
DEEPEST = f"{UNET}middle_block.1.transformer_blocks.9.attn2.to_k.weight"
TEXT_WIDTH, REFINER_WIDTH, UNET_WIDTH = 2048, 1280, 320
EDM_MARKS = {  # of schedules that are not XL's
    "edm_mean": "Playground 2.5, which has a noise schedule and latents of its own",
    "edm_vpred.sigma_max": "CosXL, which has a noise schedule of its own",
}
REFINER_OF_HUB = "the refiner of Stable Diffusion XL: download it yourself, and name it as the refiner of a base model"
SMALLER = "a smaller relative of Stable Diffusion XL (SSD-1B, Vega …) as a single file"
LCM_GUIDANCE = 8.0  # what the distilled UNet was told: https://huggingface.co/latent-consistency/lcm-sdxl
HYPER_CFG = 5.0  # the least that its maker's page says: https://huggingface.co/ByteDance/Hyper-SD
OF_HUB = re.compile(r"(?<![a-z])(?:sd)?xl(?![a-z])|xl[-_ ]|pony|illustrious|noobai|animagine")
ENCODER_1, ENCODER_2 = (
    tensor_named(rb"lora_te%d_text_model_encoder_layers_\d+_mlp_fc1" % number + LORA_DOWN) for number in (1, 2)
)
OTHERS = (  # of families with the same text encoders
    b"double_blocks",
    b"joint_blocks",
    b"single_transformer_blocks",
    b"lora_transformer_",
    b"lora_te3_",
)


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    match candidate:
        case Folder():
            return _detect_folder(candidate)
        case Checkpoint():
            return _detect_checkpoint(candidate)
        case HubName():
            return _guess(candidate.id)


def detect_lora(file: AdapterFile) -> str | None:
    """See base.DetectAdapter. Those of one descendant of XL fit all."""
    reads = adapted_text_width(file)
    if reads is not None:
        return XL.key if reads == TEXT_WIDTH else None
    if any(other in file.header for other in OTHERS):
        return None
    encoders = ((file.shape_of(ENCODER_2) or (), 1280), (file.shape_of(ENCODER_1) or (), 768))
    return XL.key if any(shape[1:2] == (width,) for shape, width in encoders) else None


def _guess(hub_id: str) -> Match | None:
    told = hub_id.lower()
    if not OF_HUB.search(told):
        return None
    variant = variant_of_name(hub_id)
    unsupported = REFINER_OF_HUB if "refiner" in told else None
    return _match(variant, variant.native_resolution, XL.size_multiple, "inpaint" in told, unsupported)


def _match(variant: Variant, resolution: int, multiple: int, masked: bool, unsupported: str | None) -> Match:
    guidance = HYPER_CFG if variant.keeps_guidance else None
    return Match(variant.key, resolution, multiple, masked, unsupported, variant.steps, guidance)


def _detect_folder(folder: Folder) -> Match:
    if _is_refiner(folder):
        return _refiner_of_folder(folder)
    variant = variant_of_folder(folder)
    channels = whole_number(folder, "in_channels", 4)
    cell = 2 ** (levels_of(folder, "vae") - 1)
    match = _match(
        variant,
        whole_number(folder, "sample_size", 128) * cell,
        cell * 2 ** (levels_of(folder, "unet") - 1),
        channels == 9,
        unsupported_channels(channels),
    )
    if variant.key == LCM.key and folder.configs["unet"].get("time_cond_proj_dim"):
        return replace(match, guidance_scale=LCM_GUIDANCE)
    return match


def _is_refiner(folder: Folder) -> bool:
    """It has the larger text encoder alone, and its UNet reads that one's width."""
    width = folder.configs.get("text_encoder_2", {}).get("hidden_size", REFINER_WIDTH)
    return "text_encoder" not in folder.configs and whole_number(folder, "cross_attention_dim", TEXT_WIDTH) == width


def _refiner_of_folder(folder: Folder) -> Match:
    cell = 2 ** (levels_of(folder, "vae") - 1)
    resolution = whole_number(folder, "sample_size", 128) * cell
    return Match(
        REFINER.key,
        resolution,
        cell * 2 ** (levels_of(folder, "unet") - 1),
        unsupported=unsupported_channels(whole_number(folder, "in_channels", 4)),
        without=("text_encoder",),
    )


def _detect_checkpoint(file: Checkpoint) -> Match | Lacking | None:
    shapes = file.shapes
    reads = text_projection(shapes)
    has_text = any(name.startswith(TEXT) for name in shapes)
    is_unet = UNET_FIRST in shapes and SIZES in shapes and reads is not None and shapes[reads][-1:] == (TEXT_WIDTH,)
    if not has_text:
        if is_unet or (DIFFUSERS_SIZES in shapes and not any(name.startswith(CONTROL) for name in shapes)):
            return Lacking("the UNet of a Stable Diffusion XL model, without its text encoders and its autoencoder")
        return None
    if any(name.startswith(REFINER_TEXT) for name in shapes):
        return _refiner_of_file(file)
    if missing := _missing(shapes):
        return Lacking(f"a checkpoint of Stable Diffusion XL without {missing}")
    variant = variant_of_file(file)
    channels = side(file.path, shapes, UNET_FIRST, 1)
    cell = 2 ** (vae_levels(file.path, shapes) - 1)
    other = next((what for mark, what in EDM_MARKS.items() if mark in shapes), None)
    return _match(
        variant,
        variant.native_resolution,
        cell * 2 ** (unet_levels(file.path, shapes) - 1),
        channels == 9,
        other or unsupported_channels(channels) or _smaller(file),
    )


def _refiner_of_file(file: Checkpoint) -> Match | Lacking:
    shapes = file.shapes
    parts = {"UNet": UNET_FIRST in shapes and SIZES in shapes, "autoencoder": has_encoder(shapes)}
    missing = next((name for name, there in parts.items() if not there), None)
    if missing is not None:
        return Lacking(f"a refiner of Stable Diffusion XL without its {missing}")
    cell = 2 ** (vae_levels(file.path, shapes) - 1)
    return Match(REFINER.key, XL.native_resolution, cell * 2 ** (unet_levels(file.path, shapes) - 1))


def _missing(shapes: Shapes) -> str | None:
    if UNET_FIRST not in shapes or text_projection(shapes) is None:
        return "its UNet"
    if SIZES not in shapes:
        return "the layer of its UNet that takes in the picture's size (label_emb)"
    if TEXT_1 not in shapes or any(name not in shapes for name in TEXT_2_NEEDED):
        return "both of its text encoders"
    if not any(name.startswith(VAE) for name in shapes):
        return "its autoencoder"
    return None if has_encoder(shapes) else "the encoder of its autoencoder, so that it cannot take a picture in"


def _smaller(file: Checkpoint) -> str | None:
    """Its own configurations would be needed, which no single file has."""
    is_wide = side(file.path, file.shapes, UNET_FIRST, 0) == UNET_WIDTH
    return SMALLER if is_wide and DEEPEST not in file.shapes else None
