"""models list, models load."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from ..config import Home, find_home, model_folders
from ..http.models import model_list
from ..models.catalog import find_models
from ..models.described import BASE
from ..operations.registry import builtin
from .connection import connect, require
from .home import require_home
from .interrupts import interruptibly


def listing(options: argparse.Namespace) -> int:
    answer = models_here(find_home())
    if options.json:
        print(json.dumps(answer, indent=1))
        return 0
    for model in answer["models"]:
        for line in describe(model):
            print(line)
    print("Looked in: " + ", ".join(answer["folders"]))
    return 0


def models_here(home: Home) -> dict[str, Any]:
    """What the running daemon lists, or what lies in the folders where none runs: looking starts nothing."""
    connection = connect(home)
    if connection is not None:
        return connection.call("GET", "/v1/models")
    require_home(home)
    folders = model_folders(home)
    return model_list(find_models(folders, home.model_store), [], folders, builtin()).model_dump(mode="json")


def describe(model: dict[str, Any]) -> Iterator[str]:
    """A model's lines in the list: what it is, or that it cannot be used and why."""
    identity = f"    key: {model['key']}" + (f", role: {model['role']}" if model["role"] else "")
    if model.get("adds_to"):
        yield f"{model['name']}: {model['family']} {model['role']}, {_size(model)}"
        yield identity
        yield from _told(model)
        return
    if not model["operations"]:
        yield f"{model['name']}: cannot be used"
        yield identity
        yield f"    {model['note'] or 'Its kind is not known.'}"
        return
    marks = [word for word in ("default", "loaded") if model[word]]
    marks += ["too large for this device"] if model["fits"] is False else []
    facts = [_kind(model), *([f"{model['native_resolution']} px"] if model["native_resolution"] else []), _size(model)]
    yield f"{model['name']}: {', '.join(facts)}" + (f" [{', '.join(marks)}]" if marks else "")
    yield identity
    yield from _told(model)


def _kind(model: dict[str, Any]) -> str:
    """The family of what paints; the role of what does not."""
    if model["role"] not in (BASE, ""):
        return str(model["role"])
    return f"{model['family']} {'inpainting model' if model['inpaint_model'] else 'model'}"


def _size(model: dict[str, Any]) -> str:
    return f"{model['size'] / 1e9:.1f} GB" if model["size"] >= 5e8 else f"{model['size'] / 1e6:.0f} MB"


def _told(model: dict[str, Any]) -> Iterator[str]:
    if model["license"]:
        yield f"    license: {model['license']}"
    if model["note"]:
        yield f"    {model['note']}"


def load(options: argparse.Namespace) -> int:
    connection = require(find_home())
    interruptibly(lambda: connection.call("POST", "/v1/models/load", {"model": options.model}))
    print(f"{options.model} is loaded.")
    return 0
