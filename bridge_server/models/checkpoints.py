"""Reads a single .safetensors file: its header's tensor names and shapes, never the weights (standard library only).

Tensor names: the `ldm` layout of https://github.com/CompVis/stable-diffusion. Metadata: the keys of the Model Spec,
https://github.com/Stability-AI/ModelSpec.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import BridgeError, ErrorCode
from .bounds import MAX_LEVELS, MAX_WIDTH
from .described import Architecture, Model, refused, usable, with_known_hash
from .hashes import remembered
from .header import Header, read_header
from .overrides import Overrides, read_overrides
from .reading import unreadable

SUFFIX = ".safetensors"
UNET = "model.diffusion_model."
UNET_FIRST = f"{UNET}input_blocks.0.0.weight"
VAE_LEVELS = "first_stage_model.encoder.down."
TEXT = "cond_stage_model.transformer."  # what follows in files that were merged by older programs: embeddings, encoder
TEXT_1 = f"{TEXT}text_model.embeddings.token_embedding.weight"
TEXT_1_OLD = f"{TEXT}embeddings.token_embedding.weight"
TEXT_2 = "cond_stage_model.model.token_embedding.weight"
OTHER_KINDS: tuple[tuple[str, str, str], ...] = (  # part of a tensor name, family, what it is
    ("conditioner.embedders.", "sdxl", "Stable Diffusion XL"),
    ("joint_blocks.", "sd3", "Stable Diffusion 3"),
    ("double_blocks.", "flux", "Flux"),
    ("control_model.", "", "a ControlNet, not a checkpoint"),
    ("lora_", "", "a LoRA, not a checkpoint"),
    (".lora", "", "a LoRA, not a checkpoint"),
    ("emb_params", "", "a textual inversion, not a checkpoint"),
    ("string_to_param", "", "a textual inversion, not a checkpoint"),
    ("first_stage_model.", "", "an autoencoder (VAE), not a checkpoint"),
    ("decoder.conv_in.", "", "an autoencoder (VAE), not a checkpoint"),
)


def read_checkpoint(file: Path, hash_cache: Path | None = None) -> Model:
    """Describe the .safetensors file. Never raises for what is wrong with it: it is listed as refused."""
    return with_known_hash(describe_checkpoint(file), [file], remembered(hash_cache))


def describe_checkpoint(file: Path, *, has_sidecar: bool = True) -> Model:
    """The same without the hash. has_sidecar: false where it is known that no settings lie beside the file."""
    name = file.stem
    try:
        overrides = read_overrides(sidecar(file)) if has_sidecar else Overrides()
        name = overrides.name or name
        told = read_header(file)
        if told.adapter:
            return _other_kind(file, name, "", "a LoRA, not a checkpoint", told.size)
        header = told.header
        licence = overrides.licence or header.metadata.get("modelspec.license", "")
        if problem := _not_stable_diffusion(file, name, header, told.size):
            return problem
        architecture = architecture_of(header, file, overrides)
        return usable(name, file, "file", architecture, overrides, licence=licence, size=told.size)
    except BridgeError as error:
        return refused(name, file, "file", "", error.code, error.message)


def sidecar(file: Path) -> Path:
    return file.with_name(sidecar_name(file.name))


def sidecar_name(file_name: str) -> str:
    return f"{file_name.rpartition('.')[0]}.layerbridge.json"


def architecture_of(header: Header, file: Path, overrides: Overrides) -> Architecture:
    """What the tensors tell. They do not tell SD 2.x's 768-pixel v model from the base model; the order of belief is
    layerbridge.json, the file's own metadata, its name, and then the 768-pixel model.

    Raises BridgeError(model_unreadable) for tensors of impossible shapes.
    """
    shapes = header.shapes
    in_channels = _side(file, shapes, UNET_FIRST, 1)
    text_width = _side(file, shapes, _text_projection(shapes) or "", -1)
    predicts_v = False
    if overrides.family:
        predicts_v = overrides.family == "sd2"
    elif TEXT_2 in shapes and in_channels != 9:
        declared = header.metadata.get("modelspec.predict_key") or header.metadata.get("modelspec.prediction_type")
        predicts_v = declared.startswith("v") if declared else not _names_base_model(file, header)
    return Architecture(
        in_channels=in_channels,
        text_width=text_width,
        sample_side=96 if predicts_v else 64,
        vae_blocks=_levels(file, _count(shapes, VAE_LEVELS), "autoencoder"),
        unet_blocks=_levels(file, _count(shapes, f"{UNET}input_blocks.", ".op.") + 1, "UNet"),
        prediction_type="v_prediction" if predicts_v else "epsilon",
    )


def _text_projection(shapes: dict[str, tuple[int, ...]]) -> str | None:
    """The tensor of the UNet that takes the text in; its last side is the width of the text."""
    return next((name for name in shapes if name.startswith(UNET) and name.endswith("attn2.to_k.weight")), None)


def _side(file: Path, shapes: dict[str, tuple[int, ...]], name: str, axis: int) -> int:
    shape = shapes[name]
    if len(shape) < 2 or not 1 <= shape[axis] <= MAX_WIDTH:
        raise unreadable(file, f"its tensor {name[:100]} has the shape {list(shape)}, which it cannot have")
    return shape[axis]


def _levels(file: Path, count: int, part: str) -> int:
    if not 1 <= count <= MAX_LEVELS:
        raise unreadable(file, f"its {part} has {count} levels of resolution; there can be 1 to {MAX_LEVELS}")
    return count


def _names_base_model(file: Path, header: Header) -> bool:
    told = f"{file.stem} {header.metadata.get('modelspec.architecture', '')}".lower()
    return any(word in told for word in ("base", "512", "epsilon"))


def _count(shapes: dict[str, tuple[int, ...]], prefix: str, infix: str = "") -> int:
    """How many different numbers follow `prefix` in tensor names that hold `infix`."""
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix) and infix in name})


def _not_stable_diffusion(file: Path, name: str, header: Header, size: int) -> Model | None:
    """A refusal for whatever is not a whole Stable Diffusion 1 or 2 checkpoint."""
    shapes = header.shapes
    has_unet = UNET_FIRST in shapes
    has_text = bool({TEXT_1, TEXT_1_OLD, TEXT_2} & shapes.keys())
    has_vae = any(key.startswith("first_stage_model.") for key in shapes)
    if has_unet and has_text and has_vae:
        return _incomplete(file, name, shapes, size)
    if not has_unet and any(key.startswith("model_ema.") for key in shapes):
        title = "a checkpoint with only the EMA weights of its UNet, which Layerbridge cannot load"
        return _other_kind(file, name, "", title, size)
    found = ((family, title) for part, family, title in OTHER_KINDS if any(part in key for key in shapes))
    family, title = next(found, ("", "not a kind of file that Layerbridge knows"))
    if has_unet and not family:
        title = "a checkpoint without its text encoder or autoencoder"
    return _other_kind(file, name, family, title, size)


def _incomplete(file: Path, name: str, shapes: dict[str, tuple[int, ...]], size: int) -> Model | None:
    """A refusal for a checkpoint with all its parts of which one lacks what Layerbridge needs."""
    if _text_projection(shapes) is None:
        return _other_kind(file, name, "", "a checkpoint whose UNet takes in no text (it has no attn2.to_k)", size)
    if not _count(shapes, VAE_LEVELS):
        title = "a checkpoint whose autoencoder has no encoder, so that it cannot take a picture in"
        return _other_kind(file, name, "", title, size)
    return None


def _other_kind(file: Path, name: str, family: str, title: str, size: int) -> Model:
    way_on = "Choose a Stable Diffusion 1 or 2 model." if family else "It cannot be used as a model by itself."
    return refused(name, file, "file", family, ErrorCode.UNSUPPORTED, f"{file.name} is {title}. {way_on}", size)
