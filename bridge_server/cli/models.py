"""models list, models load."""

from __future__ import annotations

import argparse
import json

from ..config import find_home
from .connection import connect, require, start


def listing(options: argparse.Namespace) -> int:
    home = find_home()
    answer = (connect(home) or start(home)).call("GET", "/v1/models")
    if options.json:
        print(json.dumps(answer, indent=1))
        return 0
    for model in answer["models"]:
        marks = [word for word in ("default", "loaded") if model[word]]
        marks += ["too large for this device"] if model["fits"] is False else []
        size = f"{model['bytes'] / 2**30:.1f} GiB" if model["bytes"] >= 2**29 else f"{model['bytes'] / 2**20:.0f} MiB"
        kind = "inpainting model" if model["inpaint_model"] else "model"
        print(f"{model['name']}: {model['family'] or 'unknown'} {kind}, {model['native_side']} px, {size}", end="")
        print(f" [{', '.join(marks)}]" if marks else "")
        if model["note"]:
            print(f"    {model['note']}")
    print("Looked in: " + ", ".join(answer["folders"]))
    return 0


def load(options: argparse.Namespace) -> int:
    require(find_home()).call("POST", "/v1/models/load", {"model": options.model})
    print(f"{options.model} is loaded.")
    return 0
