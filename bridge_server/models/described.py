"""What the catalogue says about one model (standard library only)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import ErrorCode
from ..families.base import Match
from ..families.registry import FamilyRegistry
from ..protocol.tasks import ModelRef
from .bounds import MAX_NATIVE_SIDE
from .hashes import Known, known_hash
from .overrides import Sidecar
from .part_files import TEXT_ENCODER, TOKENIZER, VAE, PartFile, title_of
from .reading import printable

BASE = "base"  # the role of what paints by itself
SEGMENTER = "segmenter"  # of what finds the subject of a picture
UPSCALER = "upscaler"  # of what enlarges a picture
LORA = "lora"  # of an adapter that changes layers of a model
REFINER = "refiner"  # of what does the end of a base model's schedule
PARTS = (TEXT_ENCODER, VAE, TOKENIZER)  # of what models are made of
DOES = {
    BASE: "paints",
    SEGMENTER: "finds subjects",
    UPSCALER: "enlarges pictures",
    LORA: "is added to models",
    REFINER: "only finishes what another model begins",
    **dict.fromkeys(PARTS, "is a part of models"),
}
CAN = {
    BASE: "paint",
    SEGMENTER: "find a subject",
    UPSCALER: "enlarge a picture",
    LORA: "be added to a model",
    REFINER: "finish the pictures of a model",
    **dict.fromkeys(PARTS, "be chosen by itself"),
}


@dataclass(frozen=True)
class Model:
    """A model on this machine, as read from its files without opening the weights.

    problem: None where it can be used; else the code with which `resolve` refuses it, and note says why and what to do.
    role: what it is for: base (paints by itself), lora, controlnet, vae, text_encoder, tokenizer, embedding, segmenter
    (finds the subject of a picture), upscaler (enlarges a picture); empty where that is not known.
    format: diffusers, safetensors, or the end of its file's name. size: bytes of the weights that would be loaded.
    license: as its files say; empty where they do not. weights: of a folder, its weight files.
    fingerprint: see keys.py. triggers: words in a prompt that a LoRA was trained on. settings:
    those of its layerbridge.json. needs: components that its file has not, by name, and their kinds (part_files.py).
    wants: see Match. gives: the kinds of components that others can take of it, and their paths.
    """

    ref: ModelRef
    role: str = ""
    format: str = ""
    license: str = ""
    size: int = 0
    note: str = ""
    problem: ErrorCode | None = None
    shipped: bool = False
    weights: tuple[str, ...] = ()
    fingerprint: str = ""
    triggers: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    wants: Mapping[str, str] = field(default_factory=dict[str, str])
    gives: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def key(self) -> str:
        return self.ref.key


def usable(
    name: str,
    path: Path,
    source: str,
    match: Match,
    beside: Sidecar,
    *,
    families: FamilyRegistry,
    license: str,
    size: int,
    fingerprint: str,
) -> Model:
    """A model that can be used, without its key and hash; a refusal where what it tells cannot be. size: bytes of
    weights.
    """
    name = printable(beside.name or name)
    family = families.get(match.family)
    if family is None:
        known = ", ".join(families.keys)
        note = f"Layerbridge does not know a model family called {match.family[:40]}; known are {known}."
        return refused(name, path, source, match.family, ErrorCode.UNSUPPORTED, note, size, fingerprint=fingerprint)
    if match.unsupported:
        note = f"This is {match.unsupported}, which Layerbridge cannot run yet. Choose another model."
        return refused(name, path, source, match.family, ErrorCode.UNSUPPORTED, note, size, fingerprint=fingerprint)
    spec = family.spec
    overrides = beside.overrides(spec)
    trained = match.native_resolution
    if not overrides.native_resolution and trained > MAX_NATIVE_SIDE:
        note = (
            f"Its files say that it works at {trained} pixels (sample_size, and the levels of the autoencoder); "
            f"{MAX_NATIVE_SIDE} is the most. If all else is right, set native_resolution in its layerbridge.json."
        )
        return refused(name, path, source, "", ErrorCode.MODEL_UNREADABLE, note, fingerprint=fingerprint)
    native_resolution = overrides.native_resolution or trained or spec.native_resolution
    multiple = overrides.size_multiple or match.size_multiple
    guidance = (overrides.guidance_scale, match.guidance_scale)
    guidance_scale = next((value for value in guidance if value is not None), spec.guidance_scale.default)
    ref = ModelRef(
        name=name,
        path=str(path),
        source=source,
        family=spec.key,
        hash="",
        native_resolution=native_resolution,
        size_multiple=multiple if native_resolution % multiple == 0 else math.gcd(native_resolution, multiple),
        inpaint_model=match.paints_masked,
        steps=overrides.steps or match.steps or int(spec.steps.default),
        guidance_scale=guidance_scale,
        removal_strength=overrides.removal_strength or 1.0,
        removal_detail=overrides.removal_detail,
        hires_with_prompt=overrides.hires_with_prompt is not False,
        background_with_prompt=overrides.background_with_prompt is not False,
        img2img_strength=overrides.img2img_strength or spec.img2img_strength,
    )
    return Model(
        ref=ref,
        role=spec.role,
        format=format_of(str(path), source),
        note=printable(overrides.note or ""),
        license=printable(license, 200),
        size=size,
        fingerprint=fingerprint,
        settings=beside.values,
        needs=match.needs,
        wants=match.wants,
    )


def network(
    file: Path,
    role: str,
    note: str,
    side: int,
    *,
    size: int,
    fingerprint: str,
    name: str = "",
    license: str = "",
    family: str = "",
) -> Model:
    """A network that does not paint by itself. side: pixels of the square that it looks at, 0 where it takes any."""
    ref = ModelRef(
        name=printable(name or file.stem),
        path=str(file),
        source="file",
        family=family,
        hash="",
        native_resolution=side,
        size_multiple=1,
        inpaint_model=False,
        steps=0,
        guidance_scale=0.0,
    )
    format = format_of(str(file), "file")
    return Model(ref, role, format, printable(license, 200), size, note, fingerprint=fingerprint)


def part(path: Path, found: PartFile, source: str, **facts: Any) -> Model:
    """A component that others are made with. facts: those of `network`."""
    listed = network(path, found.role, f"This is {title_of(found.kind)[0]}.", 0, **facts)
    listed = replace(listed, ref=replace(listed.ref, source=source), format=format_of(str(path), source))
    return replace(listed, gives={found.kind: str(path)})


def refused(
    name: str,
    path: Path,
    source: str,
    family: str,
    problem: ErrorCode,
    note: str,
    size: int = 0,
    license: str = "",
    role: str = "",
    fingerprint: str = "",
) -> Model:
    """A model that is listed, but cannot be used, for the reason in `note`. All its text can be shown and sent,
    whatever bytes its name is made of.
    """
    ref = ModelRef(
        name=printable(name),
        path=printable(str(path), 4096),
        source=source,
        family=family,
        hash="",
        native_resolution=0,
        size_multiple=1,
        inpaint_model=False,
        steps=0,
        guidance_scale=0.0,
    )
    return Model(
        ref=ref,
        role=role,
        format=format_of(ref.path, source),
        size=size,
        note=printable(note),
        problem=problem,
        license=license,
        fingerprint=fingerprint,
    )


def format_of(path: str, source: str) -> str:
    return "diffusers" if source == "folder" else path.rpartition(".")[2].lower()


def with_known_hash(model: Model, known: Known) -> Model:
    """The model with the hash of its weight files, where it can be used and `known` has it."""
    if model.problem is not None or not known:
        return model
    root = Path(model.ref.path)
    found = known_hash(root, [Path(file) for file in model.weights] or [root], known)
    return replace(model, ref=replace(model.ref, hash=found)) if found else model
