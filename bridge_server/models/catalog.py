"""Which models are on this machine, and which one a request means (standard library only: the daemon imports it).

Nothing here opens weights: configurations, file names and safetensors headers tell all that is needed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.base import FamilySpec, HubName, Match
from ..families.registry import FamilyRegistry, builtin
from ..operations.base import Operation
from ..protocol.tasks import ModelRef
from .completing import completed, names_parts
from .described import BASE, CAN, DOES, LORA, Model, with_known_hash
from .hashes import Known, remembered
from .keys import KEY
from .packaged import packaged_models
from .scan import WEIGHTS, Read, Scan
from .store import Row, load_rows, reader_of, rows_for, save_rows, with_rows

STARTER = Path(__file__).parent / "starter"
STARTER_NAME = "starter"
PAINTS = "inpaint"  # the planner by which it is told what paints
_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$")


class Catalog:
    """The models in some folders, and the shipped one. What it read of a file it remembers as long as the file does not
    change. Used by one thread at a time.

    A folder may hold diffusers folders, .safetensors files, a Hugging Face cache, or be a model itself. store: the file
    with what is known of models (store.py). keeps: whether what is new is written there. families: None: those that
    come with Layerbridge.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        store: Path | None = None,
        families: FamilyRegistry | None = None,
        *,
        keeps: bool = True,
    ) -> None:
        self.families = families or builtin()
        self.folders = tuple(folder.expanduser() for folder in folders)
        self._store = store
        self._keeps = keeps
        self._reader = reader_of(self.families)
        self._rows: dict[str, Row] | None = None
        self._unsaved: dict[str, Row] = {}
        self._gone: set[str] = set()  # keys of rows that are still to be taken away
        self._found: list[Model] = []
        self._hashes: Known = {}
        self._listed: list[Model] = []  # as found, with keys and hashes
        self._models: list[Model] = []

    def look(self) -> list[Model]:
        """Every model and the shipped one, by name; those that cannot be used are listed with the reason. Never raises
        for what it finds.
        """
        hashes = remembered(self._store)
        if self._rows is None:
            self._rows = load_rows(self._store, self._reader)
        before = {row.identity.place: row.read for row in self._rows.values() if row.read is not None}
        scan = Scan(before, self.families, seen=[STARTER])
        found = [replace(scan.folder(STARTER, STARTER_NAME), shipped=True)]
        for folder in self.folders:
            found += scan.models(folder)
        found += packaged_models()
        is_new = not self._models or found != self._found or hashes != self._hashes
        if is_new:
            self._listed = self._with_rows(found, scan.fresh, hashes)
            self._found, self._hashes = found, hashes
        if is_new or any(map(names_parts, self._listed)):
            models = completed(self._listed, self.families)
            self._models = sorted(models, key=lambda model: (model.shipped, model.name.lower()))
        self._save()
        return list(self._models)

    def _with_rows(self, found: Sequence[Model], read: Mapping[str, Read], hashes: Known) -> list[Model]:
        known = self._rows or {}
        hashed = [with_known_hash(model, hashes) for model in found]
        rows, gone = rows_for(hashed, read, known, time.time())
        fresh = [row for row in rows if known.get(row.key) is not row]
        self._rows = {key: row for key, row in known.items() if key not in gone} | {row.key: row for row in fresh}
        self._unsaved |= {row.key: row for row in fresh if row.read is not None}
        self._gone = (self._gone | set(gone)) - set(self._rows)
        return list(with_rows(hashed, rows))

    def _save(self) -> None:
        """What the store does not take now is tried again at the next look."""
        if self._store is None or not self._keeps or not (self._unsaved or self._gone):
            return
        if save_rows(self._store, self._unsaved.values(), self._gone, self._reader):
            self._unsaved, self._gone = {}, set()


def find_models(
    folders: Sequence[Path], store: Path | None = None, families: FamilyRegistry | None = None
) -> list[Model]:
    """One look by a new Catalogue, which writes nothing."""
    return Catalog(folders, store, families, keeps=False).look()


def resolve(
    name: str | None,
    models: Sequence[Model],
    families: FamilyRegistry | None = None,
    *,
    role: str = BASE,
    operation: Operation | None = None,
) -> Model:
    """The model that `name` means: its key, its name, its file's name, its path, or a hub id. None means the default.

    A hub id that is not on this machine gives source "hub": the worker downloads it; what it is the families guess
    (None: those that come with Layerbridge). role: what the model is to be for; of a model and a LoRA of one name it is
    the one that is for that. operation: what it is to run.
    Raises BridgeError: model_not_found, unsupported, or the reason why the model cannot be used.
    """
    if name is None:
        return default_model(models, operation, families)
    wanted = name.strip()
    fitting = [model for model in models if (model.role or BASE) == role]
    found = (look(wanted, among) for among in (fitting, models) for look in (_named, _in_file))
    model = next(filter(None, found), None)
    if model is None and role == BASE and _HUB_ID.match(wanted) and not wanted.lower().endswith(WEIGHTS):
        return hub_model(wanted, families or builtin())
    if model is None:
        usable = [model.name for model in fitting if model.problem is None]
        known = f"Installed are: {', '.join(usable[:8])}{' …' if len(usable) > 8 else ''}." if usable else ""
        what = "LoRA" if role == LORA else "model"
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, f"No {what} is called {wanted[:100]}. {known}".strip())
    if model.problem is not None:
        raise BridgeError(model.problem, model.note)
    if (model.role or BASE) != role:
        message = f"{model.name} {DOES[model.role]} and cannot {CAN[role]}. Choose another model."
        raise BridgeError(ErrorCode.UNSUPPORTED, message)
    if operation is not None and not _is_able(model, operation, families or builtin()):
        raise BridgeError(
            ErrorCode.UNSUPPORTED, f"{_needs(operation)}, and {model.name} is none. Choose another model."
        )
    return model


def _named(wanted: str, models: Sequence[Model]) -> Model | None:
    if KEY.fullmatch(wanted) and (keyed := next((model for model in models if model.key == wanted), None)):
        return keyed
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


def default_model(
    models: Sequence[Model], operation: Operation | None = None, families: FamilyRegistry | None = None
) -> Model:
    """The first inpaint model, else the first model, else the shipped one, of those that can run the operation.

    Raises BridgeError: model_not_found, or the reason why the only ones that there are cannot be used.
    """
    painting = [model for model in models if model.problem is None and (model.role or BASE) == BASE]
    usable = [model for model in painting if _is_able(model, operation, families or builtin())]
    if painting and not usable and operation is not None:
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, f"{_needs(operation)}, and none is installed. See docs/models.md.")
    own = [model for model in usable if not model.shipped]
    chosen = [model for model in own if model.ref.inpaint_model] or own or usable
    if not chosen:
        broken = next((model for model in models if model.problem is ErrorCode.MODEL_UNREADABLE), None)
        if broken is not None:
            raise BridgeError(ErrorCode.MODEL_UNREADABLE, broken.note)
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, "No model is installed. See docs/models.md for where to put one.")
    return chosen[0]


def can_run(spec: FamilySpec, operation: Operation) -> bool:
    """Whether an operation can be run with this family's models; False where it takes none. One without a planner asks
    nothing of a family, so it can be run with any.
    """
    if not operation.requires.model:
        return False
    return operation.planner is None or operation.planner in spec.operations


def paints_areas(model: Model, families: FamilyRegistry) -> bool:
    """Whether it is a base model that paints what is selected, as nearly all do; one of no known family counts so."""
    family = families.get(model.ref.family)
    return (model.role or BASE) == BASE and (family is None or PAINTS in family.spec.operations)


def _is_able(model: Model, operation: Operation | None, families: FamilyRegistry) -> bool:
    """Whether a model that paints can run the operation; one of no known family counts as if it could, since what is
    wrong with it is told elsewhere, and so does an operation that plans nothing. None: whatever paints.
    """
    family = families.get(model.ref.family)
    if operation is None:
        return paints_areas(model, families)
    if operation.planner is None or family is None:
        return True
    return can_run(family.spec, operation)


def _needs(operation: Operation) -> str:
    return f"{operation.title} needs {operation.requires.kind or 'a model that can do it'}"


def default_or_none(
    models: Sequence[Model], operation: Operation | None = None, families: FamilyRegistry | None = None
) -> Model | None:
    """The model that a request without one gets; None where none can be used."""
    try:
        return default_model(models, operation, families)
    except BridgeError:
        return None


def hub_model(hub_id: str, families: FamilyRegistry) -> Model:
    """A model that is still to be downloaded. What it is can only be guessed from its name until then.

    Raises BridgeError: model_not_found where no family takes it, unsupported where the name says that it cannot be run.
    """
    guess = families.detect(HubName(hub_id))
    if not isinstance(guess, Match):
        raise BridgeError(
            ErrorCode.MODEL_NOT_FOUND, f"No model is called {hub_id}, and none can be downloaded by name."
        )
    if guess.unsupported is not None:
        text = f"{hub_id} is {guess.unsupported}, which Layerbridge cannot run yet. Choose another model."
        raise BridgeError(ErrorCode.UNSUPPORTED, text)
    spec = families.named(guess.family).spec
    guided = guess.guidance_scale
    ref = ModelRef(
        name=hub_id,
        path=hub_id,
        source="hub",
        family=spec.key,
        hash="",
        native_resolution=guess.native_resolution,
        size_multiple=guess.size_multiple,
        inpaint_model=guess.paints_masked,
        steps=guess.steps or int(spec.steps.default),
        guidance_scale=spec.guidance_scale.default if guided is None else guided,
        img2img_strength=spec.img2img_strength,
    )
    note = "It is downloaded when it is used for the first time."
    return Model(ref=ref, note=note)
