"""Reads a model in the diffusers folder layout: configurations and file names only (standard library only)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ..errors import BridgeError, ErrorCode
from ..families.base import Component, Folder, Match
from ..families.registry import FamilyRegistry, builtin
from .described import BASE, Model, part, refused, usable
from .few_bits import LIBRARIES, methods_of
from .header import sampled
from .keys import fingerprint
from .overrides import FILE_NAME, read_sidecar
from .part_files import TEXT_ENCODER, TOKENIZER, PartFile, tokenizer_like, tokenizer_of
from .parts import INDEX_NAME, TOKENIZER_CONFIG, Parts, check_no_code, check_required, pipeline_class, read_parts
from .reading import MAX_JSON_BYTES, read_json, read_start, unreadable, why_not

PROCESSOR = "processor"  # of pictures and words
CARD_BYTES = 8192  # of README.md: its front matter
Components = Mapping[str, Component]
OTHER_FAMILIES = {  # for what no family loads. Class name prefix: family, title; longest first where one begins another
    "StableDiffusion3": ("sd3", "Stable Diffusion 3"),
    "Flux2": ("flux2", "FLUX.2"),
    "Flux": ("flux", "Flux"),
}
_WEIGHTS = re.compile(r"^[a-z_]*model(?:\.(?P<variant>[a-z0-9_]+))?(?:-\d+-of-\d+)?\.safetensors$")


def read_folder(folder: Path, name: str, families: FamilyRegistry | None = None) -> Model:
    """Describe a diffusers folder. Never raises for what is wrong with the model: it is listed as refused.

    families: None: those that come with Layerbridge.
    """
    try:
        return _read(folder, name, families or builtin())
    except OSError as error:
        problem = unreadable(folder, why_not(error))
    except BridgeError as error:
        problem = error
    return refused(name, folder, "folder", "", problem.code, problem.message)


def weight_files(folder: Path, variant: str | None, components: Components) -> list[Path]:
    """The .safetensors files of the weighted components that loading `variant` reads, in name order."""
    return sorted(file for name in weighted(components) for file in weights_of(folder / name, variant))


def weights_of(component: Path, variant: str | None) -> list[Path]:
    """The same of one component."""
    by_variant = _by_variant(component)
    return by_variant.get(variant) or by_variant.get(None) or next(iter(by_variant.values()), [])


def weighted(components: Components) -> list[str]:
    return [name for name, component in components.items() if component.weighted]


def choose_variant(folder: Path, half: bool, components: Components, denoiser: str) -> str | None:
    """The variant of the weights to load: "fp16" where half precision is meant and what paints has it, else the full
    ones; another where a part has no full ones. diffusers reads the full ones of a part that has none of the variant.

    denoiser: the component that paints, which alone decides where no variant is that of all parts.
    """
    found = {name: set(_by_variant(folder / name)) for name in weighted(components)}
    paints = found[denoiser]
    reduced = {variant for variants in found.values() for variant in variants if variant is not None}
    order = [None, *sorted(reduced, key=lambda variant: (variant != "fp16", variant))]
    order = ["fp16", *order] if half and "fp16" in paints else order
    of_all = (
        variant for variant in order if all({variant, None} & variants for variants in found.values() if variants)
    )
    return next(of_all, next((variant for variant in order if variant in paints), None))


def has_safe_weights(component: Path) -> bool:
    return bool(_by_variant(component))


def _by_variant(component: Path) -> dict[str | None, list[Path]]:
    found: dict[str | None, list[Path]] = {}
    try:
        with os.scandir(component) as entries:
            names = sorted(entry.name for entry in entries if _WEIGHTS.match(entry.name) and _is_file(entry))
    except (FileNotFoundError, NotADirectoryError):
        return found
    except OSError as error:
        raise unreadable(component, why_not(error)) from error
    for name in names:
        if match := _WEIGHTS.match(name):
            found.setdefault(match["variant"], []).append(component / name)
    return found


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _read(folder: Path, name: str, families: FamilyRegistry) -> Model:
    beside = read_sidecar(folder / FILE_NAME)
    name = beside.name or name
    index = read_json(folder / INDEX_NAME)
    license = beside.license or _license(folder)
    kind = pipeline_class(folder, index)
    spec = families.of_pipeline(kind, beside.family)
    if spec is None:
        return _other_family(folder, name, kind, license, families)
    components = spec.components
    parts = read_parts(folder, index, components)
    problem = _missing_weights(folder, name, components)
    if problem is not None and not _is_made_without(index, components):
        return problem
    files = weight_files(folder, choose_variant(folder, False, components, spec.denoiser), components)
    size = sum(file.stat().st_size for file in files)
    check_required(folder, parts, components)
    for component, method in methods_of(parts.configs).items():
        if method not in LIBRARIES:
            title = f"{kind}, whose {component} has numbers of few bits of a kind ({method[:40]})"
            return _not_run(folder, name, title, license)
    match = families.detect(Folder(folder, kind, parts.configs, beside.family, index))
    if not isinstance(match, Match):
        return _not_run(folder, name, kind if match is None else match.what, license)
    if problem is not None and match.unsupported is None:
        needed = {part: component for part, component in components.items() if part not in match.without}
        problem = _missing_weights(folder, name, needed)
        if problem is not None:
            return problem
    told = fingerprint(f"{file.relative_to(folder).as_posix()} {sampled(file)}\n".encode() for file in files)
    facts = {"families": families, "license": license, "size": size, "fingerprint": told}
    model = usable(name, folder, "folder", match, beside, **facts)
    return replace(model, weights=tuple(str(file) for file in files), gives=_given(folder, parts, components))


def _given(folder: Path, parts: Parts, components: Components) -> dict[str, str]:
    """Of the components in a folder, the tokenizers, which may lie with what prepares pictures: single files never have
    one.
    """
    found: dict[str, str] = {}
    for name, encoder in parts.index.items():
        is_named = isinstance(encoder, list) and len(cast("list[Any]", encoder)) == 2
        if not name.startswith(TEXT_ENCODER) or not is_named:
            continue
        kind, own = tokenizer_of(str(encoder[1])), TOKENIZER + name.removeprefix(TEXT_ENCODER)
        places = (place for place in (own, PROCESSOR) if place in parts.configs)
        place = next((place for place in places if components[place].config == TOKENIZER_CONFIG), None)
        if kind is not None and place is not None:
            found[kind] = str(folder / place)
    return found


def read_tokenizer(folder: Path) -> Model | None:
    """Describe a folder with nothing but a tokenizer that models are read with; None where it is none: folders of
    others, with their own code or damaged, are no concern of ours.
    """
    path = folder / TOKENIZER_CONFIG
    try:
        config = read_json(path)
        kind = tokenizer_like(str(config.get("tokenizer_class")), read_start(path, MAX_JSON_BYTES))
    except BridgeError:
        return None
    if kind is None:
        return None
    try:
        check_no_code(folder, config)
    except BridgeError as error:
        return refused(folder.name, folder, "folder", "", error.code, error.message, role=TOKENIZER)
    told = {"size": 0, "fingerprint": sampled(path), "name": folder.name, "license": _license(folder)}
    return part(folder, PartFile(TOKENIZER, kind), "folder", **told)


def _is_made_without(index: Mapping[str, Any], components: Components) -> bool:
    """Whether a folder says of a part with weights that it has none, as refiners do of their first text encoder."""
    return any(index.get(name) == [None, None] for name in weighted(components))


def _missing_weights(folder: Path, name: str, components: Components) -> Model | None:
    for component in weighted(components):
        if _by_variant(folder / component):
            continue
        pickles = list((folder / component).glob("*.bin")) if (folder / component).is_dir() else []
        if pickles:
            note = (
                f"The {component} of {name} is there only as a pickle ({pickles[0].name}), which can run any program "
                "when it is opened. Get the model's .safetensors files."
            )
            return refused(name, folder, "folder", "", ErrorCode.MODEL_UNSAFE, note)
        note = f"{name} has no weights in {component}: the download is not complete. Get the model again."
        return refused(name, folder, "folder", "", ErrorCode.MODEL_UNREADABLE, note)
    return None


def _other_family(folder: Path, name: str, kind: str, license: str, families: FamilyRegistry) -> Model:
    """Of a class that no family loads. Where one loads its sisters, the class says more than the title of them all."""
    prefix = _prefix(kind)
    has_sister = any(_prefix(pipeline) == prefix for family in families for pipeline in family.spec.pipelines)
    unknown = ("", kind or "an unknown kind")
    family, title = unknown if prefix is None or has_sister else OTHER_FAMILIES[prefix]
    return _not_run(folder, name, title, license, family)


def _prefix(kind: str) -> str | None:
    return next((prefix for prefix in OTHER_FAMILIES if kind.startswith(prefix)), None)


def _not_run(folder: Path, name: str, title: str, license: str, family: str = "") -> Model:
    note = f"{name} is {title}, which Layerbridge cannot run yet. Choose a model of a family that it runs."
    return refused(name, folder, "folder", family, ErrorCode.UNSUPPORTED, note, license=license, role=BASE)


def _license(folder: Path) -> str:
    """The `license` of the model card's front matter, or the empty string."""
    card = folder / "README.md"
    try:
        head = read_start(card, CARD_BYTES).decode("utf-8", "replace")
    except BridgeError:
        return ""
    if not head.startswith("---"):
        return ""
    found = re.search(r"^license:\s*([\w.+-]+)\s*$", head.split("\n---", 1)[0], re.MULTILINE)
    return found[1] if found else ""
