"""Reads a single .safetensors or .gguf file: names and shapes in its header, never weights (standard library only).

Which family it is of, the families tell. What is none of theirs is named here, so that its owner knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.base import Checkpoint, Lacking, Match
from ..families.registry import FamilyRegistry
from .adapters import describe_lora
from .described import BASE, UPSCALER, Model, network, part, refused, usable
from .few_bits import unreadable_numbers
from .gguf import told_of
from .header import Told
from .other_upscalers import other_kind
from .overrides import Sidecar, read_sidecar
from .part_files import part_file
from .upscalers import upscaler_of

SUFFIX = ".safetensors"
OTHER_FAMILIES: tuple[tuple[str, str, str], ...] = (  # what no family takes: part of a tensor name, family, what it is
    ("joint_blocks.", "sd3", "a relative of Stable Diffusion 3, or a part for it"),
    ("double_blocks.", "flux", "a relative of FLUX.1, or a part for it"),
)
OTHER_KINDS: tuple[tuple[str, str, str], ...] = (  # part of a tensor name, role, what it is
    ("control_model.", "controlnet", "a ControlNet, not a checkpoint"),
    ("token_embd.", "", "a language model of llama.cpp; text encoders but T5 are read as .safetensors files"),
    ("emb_params", "embedding", "a textual inversion, not a checkpoint"),
    ("string_to_param", "embedding", "a textual inversion, not a checkpoint"),
    ("first_stage_model.", "vae", "an autoencoder (VAE), not a checkpoint"),
    ("decoder.conv_in.", "vae", "an autoencoder (VAE), not a checkpoint"),
)


@dataclass(frozen=True)
class Kind:
    """What a file is that no family takes. what: "a ControlNet, not a checkpoint"."""

    what: str
    role: str = ""
    family: str = ""


def describe_checkpoint(file: Path, families: FamilyRegistry, *, has_sidecar: bool = True) -> Model:
    """Describe the .safetensors or .gguf file. Never raises for what is wrong with it: it is listed as refused.

    has_sidecar: false where it is known that no settings lie beside the file.
    """
    name = file.stem
    try:
        beside = read_sidecar(sidecar(file)) if has_sidecar else Sidecar(file, {})
        name = beside.name or name
        told = told_of(file)
        return _described(file, name, told, beside, families)
    except BridgeError as error:
        return refused(name, file, "file", "", error.code, error.message)


def _described(file: Path, name: str, header: Told, beside: Sidecar, families: FamilyRegistry) -> Model:
    if header.adapter:
        return describe_lora(file, name, header, beside, families)
    shapes, metadata = header.header.shapes, header.header.metadata
    license = beside.license or metadata.get("modelspec.license", "")
    match = families.detect(Checkpoint(file, shapes, metadata, beside.family, beside.values))
    enlarges = upscaler_of(shapes) if match is None else None
    if enlarges is not None:
        note = f"Enlarges a picture {enlarges.scale} times."
        told = {"size": header.size, "fingerprint": header.fingerprint, "license": license}
        return network(file, UPSCALER, note, 0, name=name, **told)
    part_found = part_file(shapes, file.stem) if match is None else None
    if part_found is not None:
        told = {"size": header.size, "fingerprint": header.fingerprint, "license": license}
        why = unreadable_numbers(file, shapes, reads_few_bits=True)
        if why:
            about = (ErrorCode.UNSUPPORTED, f"{file.name} {why}")
            return refused(name, file, "file", "", *about, role=part_found.role, **told)
        return part(file, part_found, "file", name=name, **told)
    other = other_kind(shapes) if match is None else ""
    if other:
        note = f"Enlarges a picture ({other}), with the library spandrel."
        told = {"size": header.size, "fingerprint": header.fingerprint, "license": license}
        return network(file, UPSCALER, note, 0, name=name, **told)
    if not isinstance(match, Match):
        return _other_kind(file, name, _what_it_is(shapes, match), header)
    family = families.get(match.family)
    why = unreadable_numbers(file, shapes, reads_few_bits=family is not None and family.spec.few_bits)
    if why:
        told = {"size": header.size, "license": license, "role": BASE, "fingerprint": header.fingerprint}
        return refused(name, file, "file", match.family, ErrorCode.UNSUPPORTED, f"{file.name} {why}", **told)
    facts = {"license": license, "size": header.size, "fingerprint": header.fingerprint}
    return usable(name, file, "file", match, beside, families=families, **facts)


def sidecar(file: Path) -> Path:
    return file.with_name(sidecar_name(file.name))


def sidecar_name(file_name: str) -> str:
    return f"{file_name.rpartition('.')[0]}.layerbridge.json"


def _what_it_is(names: Iterable[str], lacking: Lacking | None) -> Kind:
    """lacking: what a family says of it."""
    if lacking is not None:
        return Kind(lacking.what)
    names = tuple(names)

    def holds(part: str) -> bool:
        return any(part in name for name in names)

    others = (Kind(what, BASE, family) for part, family, what in OTHER_FAMILIES if holds(part))
    kinds = (Kind(title, role) for part, role, title in OTHER_KINDS if holds(part))
    return next(chain(others, kinds), Kind("not a kind of file that Layerbridge knows"))


def _other_kind(file: Path, name: str, kind: Kind, header: Told) -> Model:
    way_on = (
        "Choose a model of a family that Layerbridge runs."
        if kind.family
        else "It cannot be used as a model by itself."
    )
    note = f"{file.name} is {kind.what}. {way_on}"
    facts = {"size": header.size, "fingerprint": header.fingerprint, "role": kind.role}
    return refused(name, file, "file", kind.family, ErrorCode.UNSUPPORTED, note, **facts)
