"""What the catalogue says of the models in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge_server.families.base import HubName, Match
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.models.described import Model

from .made import Shapes, checkpoint


def listed(*folders: Path) -> dict[str, Model]:
    """By name; without those that come with Layerbridge."""
    return {model.name: model for model in find_models(folders) if not model.shipped}


def only(folder: Path) -> Model:
    (model,) = [model for model in find_models([folder]) if not model.shipped]
    return model


def named(folder: Path, name: str) -> Model:
    return next(model for model in find_models([folder]) if model.name == name)


def usable(model: Model) -> Model:
    assert model.problem is None, model.note
    return model


def part_names(model: Model) -> dict[str, str]:
    """The names of the files and folders that were found for its parts."""
    return {part: Path(path).name for part, path in model.ref.parts.items()}


def refused(model: Model, words: str) -> None:
    assert model.problem is not None and words in model.note, model.note


def refused_once_changed(folder: Path, file: str, changes: dict[str, Any], words: str) -> None:
    """A model's folder, alone in the folder around it, with changes to one of its files of JSON."""
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    refused(only(folder.parent), words)


def file_with(file: Path, shapes: Shapes, settings: dict[str, Any]) -> Model:
    """A single file with what its owner says of it."""
    checkpoint(file, shapes).with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(settings))
    return named(file.parent, file.stem)


def file_with_the_rest(rest: Path, name: str, shapes: Shapes) -> Model:
    """A single file, in a folder beside that of `rest`, which is named as the folder of its other parts."""
    models = rest.parent.with_name("models")
    file_with(models / f"{name}.safetensors", shapes, {"config": f"../{rest.parent.name}/{rest.name}"})
    return usable(only(models))


def told_by_name(name: str, family: str, unsupported: str | None = None) -> Match:
    """A hub's model. unsupported: words of the reason for which it cannot be used."""
    match = builtin().detect(HubName(name))
    assert isinstance(match, Match) and match.family == family
    assert match.unsupported is None if unsupported is None else unsupported in (match.unsupported or "")
    return match
