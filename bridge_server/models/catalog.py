"""Which models are on this machine, and which one a request means (standard library only: the daemon imports it).

Nothing here opens weights: configurations, file names and safetensors headers tell all that is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..plan.families import FAMILIES
from ..protocol.tasks import ModelRef
from .checkpoints import read_checkpoint
from .described import Model, refused
from .folders import INDEX_NAME, read_folder

STARTER = Path(__file__).parent / "starter"
STARTER_NAME = "starter"
PICKLES = (".ckpt", ".pt", ".pth")
MAX_DEPTH = 4  # folders within folders that are looked through: kind / maker / model is three
MAX_MODELS = 2000  # a folder with more is not a folder of models; listing it would only slow the start
_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$")


def find_models(folders: Sequence[Path], hash_cache: Path | None = None) -> list[Model]:
    """Every model in `folders` and the shipped one, by name; those that cannot be used are listed with the reason.

    A folder may hold diffusers folders, .safetensors files, a Hugging Face cache, or be a model itself. `hash_cache`:
    the JSON file in which workers remember hashes (bridge_server.models.hashes). Never raises for what it finds.
    """
    found = [replace(read_folder(STARTER, STARTER_NAME, hash_cache), shipped=True)] if STARTER.is_dir() else []
    seen = {STARTER.resolve()}
    for folder in folders:
        for model in _scan(folder.expanduser(), hash_cache, MAX_DEPTH):
            place = Path(model.ref.path).resolve()
            if place not in seen and len(found) < MAX_MODELS:
                seen.add(place)
                found.append(model)
    return sorted(_with_unique_names(found), key=lambda model: (model.shipped, model.name.lower()))


def resolve(name: str | None, models: Sequence[Model]) -> Model:
    """The model that `name` (its name, its path, or a hub id) means; None means the default.

    A hub id that is not on this machine gives source "hub": the worker downloads it. Raises BridgeError:
    model_not_found, or the reason why the model cannot be used.
    """
    if name is None:
        return default_model(models)
    wanted = name.strip()
    model = next((model for model in models if wanted in (model.name, model.ref.path)), None)
    model = model or next((model for model in models if model.name.lower() == wanted.lower()), None)
    if model is None and _HUB_ID.match(wanted):
        return hub_model(wanted)
    if model is None:
        usable = [model.name for model in models if model.problem is None]
        known = f"Installed are: {', '.join(usable[:8])}{' …' if len(usable) > 8 else ''}." if usable else ""
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, f"No model is called {wanted[:100]}. {known}".strip())
    if model.problem is not None:
        raise BridgeError(model.problem, model.note)
    return model


def default_model(models: Sequence[Model]) -> Model:
    """The first inpaint model, else the first model, else the shipped one. Raises BridgeError(model_not_found)."""
    usable = [model for model in models if model.problem is None]
    own = [model for model in usable if not model.shipped]
    chosen = [model for model in own if model.ref.inpaint_model] or own or usable
    if not chosen:
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, "No model is installed. See docs/models.md for where to put one.")
    return chosen[0]


def hub_model(hub_id: str) -> Model:
    """A model that is still to be downloaded. What it is can only be guessed from its name until then."""
    told = hub_id.lower()
    version_2 = "stable-diffusion-2" in told or "sd2" in told
    inpaint = "inpaint" in told
    family = "sd1" if not version_2 else "sd2-base" if inpaint or "base" in told else "sd2"
    defaults = FAMILIES[family]
    ref = ModelRef(
        name=hub_id,
        path=hub_id,
        source="hub",
        family=family,
        hash="",
        native_side=defaults.native_side,
        multiple=defaults.multiple,
        inpaint_model=inpaint,
        steps=defaults.steps,
        guidance_scale=defaults.guidance_scale,
    )
    return Model(ref=ref, note="It is downloaded when it is used for the first time.")


def hub_cache_folder(environment: Mapping[str, str]) -> Path:
    """Where huggingface_hub keeps downloads: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub."""
    if cache := environment.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    home = environment.get("HF_HOME") or f"{environment.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    return Path(home).expanduser() / "hub"


def _scan(folder: Path, hash_cache: Path | None, depth: int) -> Iterator[Model]:
    """The models in `folder` and below."""
    try:
        if (folder / INDEX_NAME).is_file():
            yield read_folder(folder, folder.name, hash_cache)
            return
        if folder.name.startswith("models--"):
            yield from _hub_download(folder, hash_cache)
            return
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        note = f"{folder} cannot be read: {error.strerror}. Allow it, or take it off the list of model folders."
        yield refused(folder.name or str(folder), folder, "folder", "", ErrorCode.MODEL_UNREADABLE, note)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".safetensors" and entry.is_file():
            yield read_checkpoint(entry, hash_cache)
        elif entry.suffix.lower() in PICKLES and entry.is_file():
            yield _pickle(entry)
        elif depth > 0 and entry.is_dir():
            yield from _scan(entry, hash_cache, depth - 1)


def _hub_download(folder: Path, hash_cache: Path | None) -> Iterator[Model]:
    """The model in `models--org--name`: the snapshot that refs/main names, else the newest. Others than pipelines
    (tokenizers, single components) are passed over.
    """
    name = folder.name.removeprefix("models--").replace("--", "/")
    main = folder / "refs" / "main"
    snapshots = sorted((folder / "snapshots").iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    if main.is_file():
        revision = main.read_text(encoding="utf-8", errors="replace").strip()
        snapshots.sort(key=lambda path: path.name != revision)
    for snapshot in snapshots[:1]:
        if (snapshot / INDEX_NAME).is_file():
            yield read_folder(snapshot, name, hash_cache)
        else:
            for file in sorted(snapshot.glob("*.safetensors")):
                yield read_checkpoint(file, hash_cache)


def _pickle(file: Path) -> Model:
    note = (
        f"{file.name} is a pickle, which can run any program when it is opened, so Layerbridge never opens one. "
        "Get the model's .safetensors version."
    )
    return refused(file.stem, file, "file", "", ErrorCode.MODEL_UNSAFE, note, file.stat().st_size)


def _with_unique_names(models: Sequence[Model]) -> list[Model]:
    """The first keeps its name; the others are called after their folder too, and say so."""
    taken: dict[str, str] = {}
    result: list[Model] = []
    for model in models:
        name = model.name
        if name.lower() in taken:
            first = taken[name.lower()]
            number = 2
            while (name := f"{model.name} ({number})").lower() in taken:
                number += 1
            note = f"{model.note} Another model is called {model.name} too ({first}).".strip()
            model = replace(model, ref=replace(model.ref, name=name), note=note)
        taken[name.lower()] = model.ref.path
        result.append(model)
    return result
