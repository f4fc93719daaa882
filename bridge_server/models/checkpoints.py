"""Reads a single .safetensors file: its header's tensor names and shapes, never the weights (standard library only).

Which family it is of, the families tell. What is none of theirs is named here, so that its owner knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.base import Checkpoint, Lacking, Match
from ..families.registry import FamilyRegistry, builtin
from .described import Model, refused, usable, with_known_hash
from .hashes import remembered
from .header import read_header
from .overrides import Overrides, read_overrides

SUFFIX = ".safetensors"
OTHER_FAMILIES: tuple[tuple[str, str, str], ...] = (  # part of a tensor name, family, what it is
    ("conditioner.embedders.", "sdxl", "Stable Diffusion XL"),
    ("joint_blocks.", "sd3", "Stable Diffusion 3"),
    ("double_blocks.", "flux", "Flux"),
)
OTHER_KINDS: tuple[tuple[str, str], ...] = (  # part of a tensor name, what it is
    ("control_model.", "a ControlNet, not a checkpoint"),
    ("lora_", "a LoRA, not a checkpoint"),
    (".lora", "a LoRA, not a checkpoint"),
    ("emb_params", "a textual inversion, not a checkpoint"),
    ("string_to_param", "a textual inversion, not a checkpoint"),
    ("first_stage_model.", "an autoencoder (VAE), not a checkpoint"),
    ("decoder.conv_in.", "an autoencoder (VAE), not a checkpoint"),
)


def read_checkpoint(file: Path, hash_cache: Path | None = None, families: FamilyRegistry | None = None) -> Model:
    """Describe the .safetensors file. Never raises for what is wrong with it: it is listed as refused.

    families: None: those that come with Layerbridge.
    """
    described = describe_checkpoint(file, families or builtin())
    return with_known_hash(described, [file], remembered(hash_cache))


def describe_checkpoint(file: Path, families: FamilyRegistry, *, has_sidecar: bool = True) -> Model:
    """The same without the hash. has_sidecar: false where it is known that no settings lie beside the file."""
    name = file.stem
    try:
        overrides = read_overrides(sidecar(file)) if has_sidecar else Overrides()
        name = overrides.name or name
        told = read_header(file)
        if told.adapter:
            return _other_kind(file, name, "", "a LoRA, not a checkpoint", told.size)
        shapes, metadata = told.header.shapes, told.header.metadata
        licence = overrides.licence or metadata.get("modelspec.license", "")
        match = families.detect(Checkpoint(file, shapes, metadata, overrides.family))
        if not isinstance(match, Match):
            return _other_kind(file, name, *_what_it_is(shapes, match), told.size)
        return usable(name, file, "file", match, overrides, families=families, licence=licence, size=told.size)
    except BridgeError as error:
        return refused(name, file, "file", "", error.code, error.message)


def sidecar(file: Path) -> Path:
    return file.with_name(sidecar_name(file.name))


def sidecar_name(file_name: str) -> str:
    return f"{file_name.rpartition('.')[0]}.layerbridge.json"


def _what_it_is(names: Iterable[str], lacking: Lacking | None) -> tuple[str, str]:
    """Family, or nothing, and what it is in words, of a file that no family takes."""
    names = tuple(names)

    def holds(part: str) -> bool:
        return any(part in name for name in names)

    others = ((family, title) for part, family, title in OTHER_FAMILIES if holds(part))
    if found := next(others, None):
        return found
    if lacking is not None:
        return "", lacking.what
    kinds = (title for part, title in OTHER_KINDS if holds(part))
    return "", next(kinds, "not a kind of file that Layerbridge knows")


def _other_kind(file: Path, name: str, family: str, title: str, size: int) -> Model:
    way_on = "Choose a Stable Diffusion 1 or 2 model." if family else "It cannot be used as a model by itself."
    return refused(name, file, "file", family, ErrorCode.UNSUPPORTED, f"{file.name} is {title}. {way_on}", size)
