"""Reads a model in the diffusers folder layout: configurations and file names only (standard library only)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, cast

from ..errors import BridgeError, ErrorCode
from .bounds import MAX_LEVELS
from .described import Architecture, Model, refused, usable, with_known_hash
from .hashes import Known, remembered
from .overrides import FILE_NAME, read_overrides
from .parts import CONFIGS, INDEX_NAME, Parts, read_parts, required
from .reading import read_json, read_start, unreadable, why_not

CARD_BYTES = 8192  # of README.md: its front matter
WEIGHTED = ("unet", "vae", "text_encoder")
STABLE_DIFFUSION = (
    "StableDiffusionPipeline",
    "StableDiffusionImg2ImgPipeline",
    "StableDiffusionInpaintPipeline",
)
OTHER_FAMILIES = {  # class name prefix: family, what a painter calls it; longest first where one begins another
    "StableDiffusionXL": ("sdxl", "Stable Diffusion XL"),
    "StableDiffusion3": ("sd3", "Stable Diffusion 3"),
    "Flux": ("flux", "Flux"),
}
_WEIGHTS = re.compile(r"^[a-z_]*model(?:\.(?P<variant>[a-z0-9_]+))?(?:-\d+-of-\d+)?\.safetensors$")


def read_folder(folder: Path, name: str, hash_cache: Path | None = None) -> Model:
    """Describe a diffusers folder. Never raises for what is wrong with the model: it is listed as refused."""
    return describe_folder(folder, name, remembered(hash_cache))


def describe_folder(folder: Path, name: str, known: Known) -> Model:
    """The same, with the hashes that are known."""
    try:
        return _read(folder, name, known)
    except OSError as error:
        problem = unreadable(folder, why_not(error))
    except BridgeError as error:
        problem = error
    return refused(name, folder, "folder", "", problem.code, problem.message)


def weight_files(folder: Path, variant: str | None) -> list[Path]:
    """The .safetensors files of UNet, autoencoder and text encoder that loading `variant` reads, in name order."""
    files: list[Path] = []
    for component in WEIGHTED:
        by_variant = _by_variant(folder / component)
        files += by_variant.get(variant) or by_variant.get(None) or next(iter(by_variant.values()), [])
    return sorted(files)


def choose_variant(folder: Path, half: bool) -> str | None:
    """The variant of the weights to load: "fp16" where half precision is meant and it is there, else the full ones."""
    found = _by_variant(folder / "unet")
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


def _read(folder: Path, name: str, known: Known) -> Model:
    overrides = read_overrides(folder / FILE_NAME)
    name = overrides.name or name
    index = read_json(folder / INDEX_NAME)
    kind = index.get("_class_name", "")
    licence = overrides.licence or _licence(folder)
    if isinstance(kind, str) and kind not in STABLE_DIFFUSION:
        return _other_family(folder, name, kind, licence)
    parts = read_parts(folder, index)
    if problem := _missing_weights(folder, name):
        return problem
    files = weight_files(folder, choose_variant(folder, half=False))
    size = sum(file.stat().st_size for file in files)
    model = usable(name, folder, "folder", _architecture(folder, parts), overrides, licence=licence, size=size)
    return with_known_hash(model, files, known)


def _architecture(folder: Path, parts: Parts) -> Architecture:
    unet, vae, scheduler = (required(folder, parts, part) for part in ("unet", "vae", "scheduler"))
    return Architecture(
        in_channels=_whole(folder, unet, "in_channels", 4),
        text_width=_whole(folder, unet, "cross_attention_dim", 768),
        sample_side=_whole(folder, unet, "sample_size", 64),
        vae_blocks=_levels(folder, "vae", vae),
        unet_blocks=_levels(folder, "unet", unet),
        prediction_type=str(scheduler.get("prediction_type", "epsilon")),
    )


def _whole(folder: Path, unet: dict[str, Any], key: str, default: int) -> int:
    """A number of the UNet's configuration, the first where it is a list; its bounds have been checked."""
    value = unet.get(key)
    chosen: Any = cast("list[Any]", value)[0] if isinstance(value, list) and value else value
    if chosen is None:
        return default
    if not isinstance(chosen, (int, float)):
        raise unreadable(folder / "unet" / CONFIGS["unet"], f"{key} is no number")
    return int(chosen)


def _levels(folder: Path, part: str, config: dict[str, Any]) -> int:
    channels = config.get("block_out_channels")
    count = len(cast("list[Any]", channels)) if isinstance(channels, list) else 0
    if not 1 <= count <= MAX_LEVELS:
        why = f"block_out_channels has to list 1 to {MAX_LEVELS} numbers of channels"
        raise unreadable(folder / part / CONFIGS[part], why)
    return count


def _missing_weights(folder: Path, name: str) -> Model | None:
    for component in WEIGHTED:
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
