"""The parts of a diffusers folder, checked before any library sees them (standard library only).

A folder names the class of each of its parts, and libraries may import what it names. So each part has a short list of
classes here; a folder that names another, brings Python files or points to code elsewhere is refused, whatever the
installed version of diffusers would do with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import BridgeError, ErrorCode
from .bounds import check_numbers
from .reading import printable, read_json, unreadable, why_not

INDEX_NAME = "model_index.json"
CODE = (".py", ".pyc", ".pyw", ".pyd", ".so")
CONFIGS = {  # the configuration file of each part
    "unet": "config.json",
    "vae": "config.json",
    "text_encoder": "config.json",
    "scheduler": "scheduler_config.json",
    "tokenizer": "tokenizer_config.json",
    "safety_checker": "config.json",
    "feature_extractor": "preprocessor_config.json",
    "image_encoder": "config.json",
}
_SCHEDULERS = (
    "DDIMScheduler",
    "DDPMScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "LCMScheduler",
    "LMSDiscreteScheduler",
    "PNDMScheduler",
    "TCDScheduler",
    "UniPCMultistepScheduler",
)
ALLOWED: dict[str, frozenset[tuple[str, str]]] = {  # library and class of each part of a Stable Diffusion pipeline
    "unet": frozenset({("diffusers", "UNet2DConditionModel")}),
    "vae": frozenset({("diffusers", "AutoencoderKL")}),
    "text_encoder": frozenset({("transformers", "CLIPTextModel")}),
    "tokenizer": frozenset({("transformers", "CLIPTokenizer"), ("transformers", "CLIPTokenizerFast")}),
    "scheduler": frozenset(("diffusers", name) for name in _SCHEDULERS),
    "safety_checker": frozenset({("stable_diffusion", "StableDiffusionSafetyChecker")}),
    "feature_extractor": frozenset({("transformers", "CLIPImageProcessor"), ("transformers", "CLIPFeatureExtractor")}),
    "image_encoder": frozenset({("transformers", "CLIPVisionModelWithProjection")}),
}
REMOTE_CODE = ("auto_map", "custom_pipelines", "trust_remote_code")  # settings that name Python to be imported


@dataclass(frozen=True)
class Parts:
    """index: of the folder. configs: by part, of those parts that have a configuration file."""

    index: dict[str, Any]
    configs: dict[str, dict[str, Any]]


def read_parts(folder: Path, index: dict[str, Any]) -> Parts:
    """The configurations, all checked. Raises BridgeError: model_unsafe for code, model_unreadable for the rest."""
    _check_index(folder, index)
    _check_files(folder)
    configs: dict[str, dict[str, Any]] = {}
    for part, file_name in CONFIGS.items():
        path = folder / part / file_name
        if os.path.lexists(path):
            configs[part] = config = read_json(path)
            if told := next((key for key in REMOTE_CODE if config.get(key)), None):
                raise _unsafe(folder, f"{part}/{file_name} names Python to be run ({told})")
            if part != "tokenizer":  # which allocates nothing by its numbers, and has one of 30 digits by default
                check_numbers(path, config)
    return Parts(index, configs)


def required(folder: Path, parts: Parts, part: str) -> dict[str, Any]:
    """The configuration of a part that must have one. Raises BridgeError(model_unreadable)."""
    if part not in parts.configs:
        raise unreadable(folder / part / CONFIGS[part], "it is missing")
    return parts.configs[part]


def _check_index(folder: Path, index: dict[str, Any]) -> None:
    if not isinstance(index.get("_class_name"), str):
        raise _unsafe(folder, "its pipeline is of a class of its own (_class_name)")
    for part, value in index.items():
        if part.startswith("_") or not isinstance(value, (list, dict)):
            continue
        named = tuple(map(str, cast("list[Any]", value)))
        if any(cast("list[Any]", value)) and named not in ALLOWED.get(part, frozenset()):
            why = f"its {part[:40]} is of a class that Layerbridge does not know ({'.'.join(named)[:100]})"
            raise _unsafe(folder, why)
    if told := next((key for key in REMOTE_CODE if index.get(key)), None):
        raise _unsafe(folder, f"{INDEX_NAME} names Python to be run ({told})")


def _check_files(folder: Path) -> None:
    """No Python in the folder or in a part's."""
    for place in (folder, *(folder / part for part in CONFIGS)):
        for name in _names(place):
            if name.lower().endswith(CODE):
                inside = name if place == folder else f"{place.name}/{name}"
                raise _unsafe(folder, f"it brings a program of its own ({inside})")


def _names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise unreadable(folder, why_not(error)) from error


def _unsafe(folder: Path, why: str) -> BridgeError:
    return BridgeError(
        ErrorCode.MODEL_UNSAFE,
        printable(
            f"The model in {folder} is not loaded: {why}, and Layerbridge runs no code that comes with a model. "
            "Get the model from its makers in its plain form, or delete what was added to it."
        ),
    )
