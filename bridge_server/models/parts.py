"""The parts of a diffusers folder, checked before any library sees them (standard library only).

A folder names the class of each of its parts, and libraries may import what it names. So each family has a short list
of classes for each part; a folder that names another, brings Python files or points to code elsewhere is refused,
whatever the installed version of diffusers would do with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import BridgeError, ErrorCode
from ..families.base import Component
from .bounds import check_numbers
from .reading import printable, read_json, unreadable, why_not

INDEX_NAME = "model_index.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
CODE = (".py", ".pyc", ".pyw", ".pyd", ".so")
REMOTE_CODE = ("auto_map", "custom_pipelines", "trust_remote_code")  # settings that name Python to be imported


@dataclass(frozen=True)
class Parts:
    """index: of the folder. configs: by part, of those parts that have a configuration file."""

    index: dict[str, Any]
    configs: dict[str, dict[str, Any]]


def name_of(folder: Path) -> str:
    """What a model in a folder is called: of a hub's download, not the folder's own name, which is a hash."""
    return folder.parents[1].name if folder.parent.name == "snapshots" else folder.name


def pipeline_class(folder: Path, index: dict[str, Any]) -> str:
    """The class that a folder names for its whole, or nothing. Raises BridgeError(model_unsafe) for one of its own."""
    name = index.get("_class_name", "")
    if not isinstance(name, str):
        raise _own_class(folder)
    return name


def read_parts(folder: Path, index: dict[str, Any], components: Mapping[str, Component]) -> Parts:
    """The configurations of a family's components, all checked.

    Raises BridgeError: model_unsafe for code, model_unreadable for the rest.
    """
    _check_index(folder, index, components)
    _check_files(folder, components)
    configs: dict[str, dict[str, Any]] = {}
    for part, component in components.items():
        path = folder / part / component.config
        if os.path.lexists(path):
            configs[part] = config = read_json(path)
            if told := next((key for key in REMOTE_CODE if config.get(key)), None):
                raise _unsafe(folder, f"{part}/{component.config} names Python to be run ({told})")
            if component.sized:  # a tokenizer's has a number of 30 digits by default
                check_numbers(path, config)
    return Parts(index, configs)


def check_required(folder: Path, parts: Parts, components: Mapping[str, Component]) -> None:
    """Raises BridgeError(model_unreadable) where the configuration of a part that must have one is missing."""
    for part, component in components.items():
        if component.required and part not in parts.configs:
            raise unreadable(folder / part / component.config, "it is missing")


def check_no_code(folder: Path, config: Mapping[str, Any]) -> None:
    """Raises BridgeError(model_unsafe) where a component's folder brings Python, or its configuration names some."""
    _check_files(folder, ())
    if told := next((key for key in REMOTE_CODE if config.get(key)), None):
        raise _unsafe(folder, f"its configuration names Python to be run ({told})")


def _check_index(folder: Path, index: dict[str, Any], components: Mapping[str, Component]) -> None:
    if not isinstance(index.get("_class_name"), str):
        raise _own_class(folder)
    for part, value in index.items():
        if part.startswith("_") or not isinstance(value, (list, dict)):
            continue
        if isinstance(value, list) and all(type(one) in (int, float) for one in cast("list[Any]", value)):
            continue  # a setting of the pipeline: the layers of a text encoder that are read, or the noise of each step
        named = tuple(map(str, cast("list[Any]", value)))
        known = components[part].classes if part in components else frozenset[tuple[str, str]]()
        if any(cast("list[Any]", value)) and named not in known:
            why = f"its {part[:40]} is of a class that Layerbridge does not know ({'.'.join(named)[:100]})"
            raise _unsafe(folder, why)
    if told := next((key for key in REMOTE_CODE if index.get(key)), None):
        raise _unsafe(folder, f"{INDEX_NAME} names Python to be run ({told})")


def _check_files(folder: Path, components: Iterable[str]) -> None:
    """No Python in the folder or in a part's."""
    for place in (folder, *(folder / part for part in components)):
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


def _own_class(folder: Path) -> BridgeError:
    return _unsafe(folder, "its pipeline is of a class of its own (_class_name)")


def _unsafe(folder: Path, why: str) -> BridgeError:
    return BridgeError(
        ErrorCode.MODEL_UNSAFE,
        printable(
            f"The model in {folder} is not loaded: {why}, and Layerbridge runs no code that comes with a model. "
            "Get the model from its makers in its plain form, or delete what was added to it."
        ),
    )
