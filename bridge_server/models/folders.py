"""Reads a model in the diffusers folder layout: configurations and file names only (standard library only)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.base import Component, Folder, Match
from ..families.registry import FamilyRegistry, builtin
from .described import Model, refused, usable, with_known_hash
from .hashes import Known, remembered
from .overrides import FILE_NAME, read_overrides
from .parts import INDEX_NAME, check_required, pipeline_class, read_parts
from .reading import read_json, read_start, unreadable, why_not

CARD_BYTES = 8192  # of README.md: its front matter
Components = Mapping[str, Component]
OTHER_FAMILIES = {  # class name prefix: family, what a painter calls it; longest first where one begins another
    "StableDiffusionXL": ("sdxl", "Stable Diffusion XL"),
    "StableDiffusion3": ("sd3", "Stable Diffusion 3"),
    "Flux": ("flux", "Flux"),
}
_WEIGHTS = re.compile(r"^[a-z_]*model(?:\.(?P<variant>[a-z0-9_]+))?(?:-\d+-of-\d+)?\.safetensors$")


def read_folder(
    folder: Path, name: str, hash_cache: Path | None = None, families: FamilyRegistry | None = None
) -> Model:
    """Describe a diffusers folder. Never raises for what is wrong with the model: it is listed as refused.

    families: None: those that come with Layerbridge.
    """
    return describe_folder(folder, name, remembered(hash_cache), families or builtin())


def describe_folder(folder: Path, name: str, known: Known, families: FamilyRegistry) -> Model:
    """The same, with the hashes that are known."""
    try:
        return _read(folder, name, known, families)
    except OSError as error:
        problem = unreadable(folder, why_not(error))
    except BridgeError as error:
        problem = error
    return refused(name, folder, "folder", "", problem.code, problem.message)


def weight_files(folder: Path, variant: str | None, components: Components) -> list[Path]:
    """The .safetensors files of the weighted components that loading `variant` reads, in name order."""
    files: list[Path] = []
    for component in weighted(components):
        by_variant = _by_variant(folder / component)
        files += by_variant.get(variant) or by_variant.get(None) or next(iter(by_variant.values()), [])
    return sorted(files)


def weighted(components: Components) -> list[str]:
    return [name for name, component in components.items() if component.weighted]


def choose_variant(folder: Path, half: bool, denoiser: str) -> str | None:
    """The variant of the weights to load: "fp16" where half precision is meant and it is there, else the full ones.

    denoiser: the component that is asked what there is.
    """
    found = _by_variant(folder / denoiser)
    if half and "fp16" in found:
        return "fp16"
    return None if None in found else next(iter(sorted(str(variant) for variant in found)), None)


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


def _read(folder: Path, name: str, known: Known, families: FamilyRegistry) -> Model:
    overrides = read_overrides(folder / FILE_NAME)
    name = overrides.name or name
    index = read_json(folder / INDEX_NAME)
    licence = overrides.licence or _licence(folder)
    kind = pipeline_class(folder, index)
    spec = families.of_pipeline(kind, overrides.family)
    if spec is None:
        return _other_family(folder, name, kind, licence)
    components = spec.components
    parts = read_parts(folder, index, components)
    if problem := _missing_weights(folder, name, components):
        return problem
    files = weight_files(folder, choose_variant(folder, False, spec.denoiser), components)
    size = sum(file.stat().st_size for file in files)
    check_required(folder, parts, components)
    match = families.detect(Folder(folder, kind, parts.configs, overrides.family))
    if not isinstance(match, Match):
        return _other_family(folder, name, kind if match is None else match.what, licence)
    model = usable(name, folder, "folder", match, overrides, families=families, licence=licence, size=size)
    return with_known_hash(model, files, known)


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


def _other_family(folder: Path, name: str, kind: str, licence: str) -> Model:
    known = (named for prefix, named in OTHER_FAMILIES.items() if kind.startswith(prefix))
    family, title = next(known, ("", kind or "an unknown kind"))
    note = f"{name} is {title}, which Layerbridge cannot run yet. Choose a Stable Diffusion 1 or 2 model."
    return refused(name, folder, "folder", family, ErrorCode.UNSUPPORTED, note, licence=licence)


def _licence(folder: Path) -> str:
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
