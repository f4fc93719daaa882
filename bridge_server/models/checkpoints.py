"""Reads a single .safetensors file: its header's tensor names and shapes, never the weights (standard library only).

Tensor names: the `ldm` layout of https://github.com/CompVis/stable-diffusion. Metadata: the keys of the Model Spec,
https://github.com/Stability-AI/ModelSpec.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import BridgeError, ErrorCode
from .described import Architecture, Model, refused, usable
from .hashes import known_hash
from .overrides import Overrides, read_overrides, unreadable

MAX_HEADER_BYTES = 100_000_000  # the safetensors library's own limit
UNET = "model.diffusion_model."
TEXT_1 = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
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


@dataclass(frozen=True)
class Header:
    """Shapes by tensor name, and the file's own metadata."""

    shapes: dict[str, tuple[int, ...]]
    metadata: dict[str, str]


def read_checkpoint(file: Path, hash_cache: Path | None = None) -> Model:
    """Describe the .safetensors file. Never raises for what is wrong with it: it is listed as refused."""
    name = file.stem
    try:
        overrides = read_overrides(sidecar(file))
        name = overrides.name or name
        header = read_header(file)
        size = file.stat().st_size
        licence = overrides.licence or header.metadata.get("modelspec.license", "")
        if problem := _not_stable_diffusion(file, name, header, size):
            return problem
        architecture = architecture_of(header, file, overrides)
        found = known_hash(file, [file], hash_cache)
        return usable(name, file, "file", architecture, overrides, found, licence=licence, bytes=size)
    except BridgeError as error:
        return refused(name, file, "file", "", error.code, error.message)


def sidecar(file: Path) -> Path:
    return file.with_name(f"{file.stem}.layerbridge.json")


def read_header(file: Path) -> Header:
    """The header of a .safetensors file. Raises BridgeError(model_unreadable)."""
    try:
        with file.open("rb") as stream:
            prefix = stream.read(8)
            length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
            if not 2 <= length <= MAX_HEADER_BYTES:
                raise unreadable(file, "it is not a safetensors file")
            text = stream.read(length)
        if len(text) < length:
            raise unreadable(file, "it ends in the middle: the download is not complete")
        entries = json.loads(text)
    except OSError as error:
        raise unreadable(file, error.strerror or "it cannot be read") from error
    except (ValueError, RecursionError) as error:
        raise unreadable(file, "its header is not JSON") from error
    if not isinstance(entries, dict):
        raise unreadable(file, "its header is not a JSON object")
    header = cast("dict[str, Any]", entries)
    metadata = header.pop("__metadata__", {})
    try:
        shapes = {name: tuple(int(side) for side in entry["shape"]) for name, entry in header.items()}
        end = max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise unreadable(file, "its header describes no tensors") from error
    if file.stat().st_size != 8 + length + end:
        raise unreadable(file, "its length is not what its header says: the download is not complete")
    return Header(shapes, {str(key): str(value) for key, value in dict(metadata).items()})


def architecture_of(header: Header, file: Path, overrides: Overrides) -> Architecture:
    """What the tensors tell. They do not tell SD 2.x's 768-pixel v model from the base model; the order of belief is
    layerbridge.json, the file's own metadata, its name, and then the 768-pixel model.
    """
    shapes = header.shapes
    first = shapes[f"{UNET}input_blocks.0.0.weight"]
    text_width = next(shape[-1] for name, shape in shapes.items() if name.endswith("attn2.to_k.weight"))
    predicts_v = False
    if overrides.family:
        predicts_v = overrides.family == "sd2"
    elif TEXT_2 in shapes and first[1] != 9:
        declared = header.metadata.get("modelspec.predict_key") or header.metadata.get("modelspec.prediction_type")
        predicts_v = declared.startswith("v") if declared else not _names_base_model(file, header)
    return Architecture(
        in_channels=first[1],
        text_width=text_width,
        sample_side=96 if predicts_v else 64,
        vae_blocks=_count(shapes, "first_stage_model.encoder.down."),
        unet_blocks=_count(shapes, f"{UNET}input_blocks.", ".op.") + 1,
        prediction_type="v_prediction" if predicts_v else "epsilon",
    )


def _names_base_model(file: Path, header: Header) -> bool:
    told = f"{file.stem} {header.metadata.get('modelspec.architecture', '')}".lower()
    return any(word in told for word in ("base", "512", "epsilon"))


def _count(shapes: dict[str, tuple[int, ...]], prefix: str, infix: str = "") -> int:
    """How many different numbers follow `prefix` in tensor names that hold `infix`."""
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix) and infix in name})


def _not_stable_diffusion(file: Path, name: str, header: Header, size: int) -> Model | None:
    """A refusal for whatever is not a whole Stable Diffusion 1 or 2 checkpoint."""
    shapes = header.shapes
    has_unet = f"{UNET}input_blocks.0.0.weight" in shapes
    has_text, has_vae = (
        TEXT_1 in shapes or TEXT_2 in shapes,
        any(key.startswith("first_stage_model.") for key in shapes),
    )
    if has_unet and has_text and has_vae:
        return None
    found = ((family, title) for part, family, title in OTHER_KINDS if any(part in key for key in shapes))
    family, title = next(found, ("", "not a kind of file that Layerbridge knows"))
    if has_unet and not family:
        title = "a checkpoint without its text encoder or autoencoder"
    way_on = "Choose a Stable Diffusion 1 or 2 model." if family else "It cannot be used as a model by itself."
    return refused(name, file, "file", family, ErrorCode.UNSUPPORTED, f"{file.name} is {title}. {way_on}", size)
