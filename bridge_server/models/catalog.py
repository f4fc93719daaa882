"""Which models are on this machine, and which one a request means (standard library only: the daemon imports it).

Nothing here opens weights: configurations, file names and safetensors headers tell all that is needed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.base import HubName, Match
from ..families.registry import FamilyRegistry, builtin
from ..protocol.tasks import ModelRef
from .checkpoints import SUFFIX
from .described import Model
from .folders import read_folder
from .hashes import remembered
from .scan import Memory, Scan

STARTER = Path(__file__).parent / "starter"
STARTER_NAME = "starter"
_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$")


class Catalogue:
    """The models in some folders; what it read of a file it remembers as long as the file does not change. Used by one
    thread at a time.

    A folder may hold diffusers folders, .safetensors files, a Hugging Face cache, or be a model itself. hash_cache: the
    JSON file in which workers remember hashes (bridge_server.models.hashes). families: None: those that come with
    Layerbridge.
    """

    def __init__(
        self, folders: Sequence[Path], hash_cache: Path | None = None, families: FamilyRegistry | None = None
    ) -> None:
        self.families = families or builtin()
        self.folders = tuple(folder.expanduser() for folder in folders)
        self._hash_cache = hash_cache
        self._memory: Memory = {}

    def look(self) -> list[Model]:
        """Every model and the shipped one, by name; those that cannot be used are listed with the reason. Never raises
        for what it finds.
        """
        known = remembered(self._hash_cache)
        found = [replace(read_folder(STARTER, STARTER_NAME, self._hash_cache, self.families), shipped=True)]
        scan = Scan(known, self._memory, self.families, seen=[STARTER])
        for folder in self.folders:
            found += scan.models(folder)
        self._memory = scan.fresh
        return sorted(_with_unique_names(found), key=lambda model: (model.shipped, model.name.lower()))


def find_models(
    folders: Sequence[Path], hash_cache: Path | None = None, families: FamilyRegistry | None = None
) -> list[Model]:
    """One look by a new Catalogue."""
    return Catalogue(folders, hash_cache, families).look()


def resolve(name: str | None, models: Sequence[Model], families: FamilyRegistry | None = None) -> Model:
    """The model that `name` means: its name, its file's name, its path, or a hub id. None means the default.

    A hub id that is not on this machine gives source "hub": the worker downloads it; what it is the families guess
    (None: those that come with Layerbridge). Raises BridgeError:
    model_not_found, or the reason why the model cannot be used.
    """
    if name is None:
        return default_model(models)
    wanted = name.strip()
    model = _named(wanted, models) or _in_file(wanted, models)
    if model is None and _HUB_ID.match(wanted) and not wanted.lower().endswith(SUFFIX):
        return hub_model(wanted, families or builtin())
    if model is None:
        usable = [model.name for model in models if model.problem is None]
        known = f"Installed are: {', '.join(usable[:8])}{' …' if len(usable) > 8 else ''}." if usable else ""
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, f"No model is called {wanted[:100]}. {known}".strip())
    if model.problem is not None:
        raise BridgeError(model.problem, model.note)
    return model


def _named(wanted: str, models: Sequence[Model]) -> Model | None:
    exact = next((model for model in models if wanted in (model.name, model.ref.path)), None)
    return exact or next((model for model in models if model.name.lower() == wanted.lower()), None)


def _in_file(wanted: str, models: Sequence[Model]) -> Model | None:
    """The model whose file or folder `wanted` leads to, or whose file is called so. Raises BridgeError(model_not_found)
    where several are.
    """
    if Path(wanted).is_absolute():
        place = os.path.realpath(wanted)
        return next((model for model in models if os.path.realpath(model.ref.path) == place), None)
    own = [model for model in models if model.ref.source == "file" and Path(model.ref.path).name == wanted]
    if len(own) > 1:
        names = ", ".join(model.name for model in own[:8])
        message = f"Several files are called {wanted[:100]}. Choose one of: {names}."
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, message)
    return own[0] if own else None


def default_model(models: Sequence[Model]) -> Model:
    """The first inpaint model, else the first model, else the shipped one. Raises BridgeError(model_not_found)."""
    usable = [model for model in models if model.problem is None]
    own = [model for model in usable if not model.shipped]
    chosen = [model for model in own if model.ref.inpaint_model] or own or usable
    if not chosen:
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, "No model is installed. See docs/models.md for where to put one.")
    return chosen[0]


def default_name(models: Sequence[Model]) -> str | None:
    """The name of the model that a request without one gets; None where none can be used."""
    try:
        return default_model(models).name
    except BridgeError:
        return None


def hub_model(hub_id: str, families: FamilyRegistry) -> Model:
    """A model that is still to be downloaded. What it is can only be guessed from its name until then.

    Raises BridgeError(model_not_found) where no family takes it.
    """
    guess = families.detect(HubName(hub_id))
    if not isinstance(guess, Match):
        raise BridgeError(
            ErrorCode.MODEL_NOT_FOUND, f"No model is called {hub_id}, and none can be downloaded by name."
        )
    spec = families.named(guess.family).spec
    ref = ModelRef(
        name=hub_id,
        path=hub_id,
        source="hub",
        family=spec.key,
        hash="",
        native_side=guess.native_side,
        multiple=guess.size_multiple,
        inpaint_model=guess.paints_masked,
        steps=int(spec.steps.default),
        guidance_scale=spec.guidance_scale.default,
    )
    note = "It is downloaded when it is used for the first time."
    return Model(ref=ref, note=note)


def hub_cache_folder(environment: Mapping[str, str]) -> Path:
    """Where huggingface_hub keeps downloads: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub."""
    if cache := environment.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    home = environment.get("HF_HOME") or f"{environment.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    return Path(home).expanduser() / "hub"


def _with_unique_names(models: Sequence[Model]) -> list[Model]:
    """The first keeps its name; the others are called after their folder too, and say so."""
    taken: dict[str, str] = {}
    numbers: dict[str, int] = {}
    result: list[Model] = []
    for model in models:
        name = model.name
        if name.lower() in taken:
            first = taken[name.lower()]
            number = numbers.get(name.lower(), 1)
            while name.lower() in taken:
                number += 1
                name = f"{model.name} ({number})"
            numbers[model.name.lower()] = number
            note = f"{model.note} Another model is called {model.name} too ({first}).".strip()
            model = replace(model, ref=replace(model.ref, name=name), note=note)
        taken[name.lower()] = model.ref.path
        result.append(model)
    return result
