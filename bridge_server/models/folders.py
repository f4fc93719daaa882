"""Reads a model in the diffusers folder layout: configurations and file names only (standard library only)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..errors import BridgeError, ErrorCode
from .described import Architecture, Model, refused, usable
from .hashes import known_hash
from .overrides import FILE_NAME, Overrides, read_json, read_overrides, unreadable

INDEX_NAME = "model_index.json"
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
    try:
        return _read(folder, name, hash_cache)
    except BridgeError as error:
        return refused(name, folder, "folder", "", error.code, error.message)


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
    if not component.is_dir():
        return found
    for path in sorted(component.iterdir()):
        if match := _WEIGHTS.match(path.name):
            found.setdefault(match["variant"], []).append(path)
    return found


def _read(folder: Path, name: str, hash_cache: Path | None) -> Model:
    overrides = read_overrides(folder / FILE_NAME)
    name = overrides.name or name
    index = read_json(folder / INDEX_NAME)
    kind = str(index.get("_class_name", ""))
    licence = overrides.licence or _licence(folder)
    if kind not in STABLE_DIFFUSION:
        return _other_family(folder, name, kind, licence)
    if problem := _missing_weights(folder, name):
        return problem
    files = weight_files(folder, choose_variant(folder, half=False))
    return usable(
        name,
        folder,
        "folder",
        _architecture(folder, overrides),
        overrides,
        known_hash(folder, files, hash_cache),
        licence=licence,
        bytes=sum(file.stat().st_size for file in files),
    )


def _architecture(folder: Path, overrides: Overrides) -> Architecture:
    unet_path, vae_path = folder / "unet" / "config.json", folder / "vae" / "config.json"
    unet, vae = read_json(unet_path), read_json(vae_path)
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    sample = unet.get("sample_size", 64)
    return Architecture(
        in_channels=_whole(unet_path, unet, "in_channels", 4),
        text_width=_whole(unet_path, unet, "cross_attention_dim", 768),
        sample_side=sample if isinstance(sample, int) else 64,
        vae_blocks=_levels(vae_path, vae),
        unet_blocks=_levels(unet_path, unet),
        prediction_type=str(scheduler.get("prediction_type", "epsilon")),
    )


def _whole(path: Path, config: dict[str, Any], key: str, default: int) -> int:
    value = config.get(key, default)
    if not isinstance(value, int) or value < 1:
        raise unreadable(path, f"{key} is {value!r}")
    return value


def _levels(path: Path, config: dict[str, Any]) -> int:
    channels = config.get("block_out_channels")
    if not isinstance(channels, list) or not 1 <= len(channels) <= 8:  # pyright: ignore[reportUnknownArgumentType]
        raise unreadable(path, "it does not list its block_out_channels")
    return len(channels)  # pyright: ignore[reportUnknownArgumentType]


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
        with card.open(encoding="utf-8", errors="replace") as stream:
            head = stream.read(8192)
    except OSError:
        return ""
    if not head.startswith("---"):
        return ""
    found = re.search(r"^license:\s*([\w.+-]+)\s*$", head.split("\n---", 1)[0], re.MULTILINE)
    return found[1] if found else ""
