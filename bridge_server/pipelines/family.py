"""What a family's module `model` gives to the worker: load and generate, and what passes between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import torch

from ..families.base import Family, FamilySpec
from ..families.registry import FamilyRegistry
from ..protocol.tasks import ModelRef
from .adapter_files import AdapterFiles
from .generation import Generation, Picture, Watch
from .memory import Device, precision
from .stamps import Stamps


class LoadProgress(Protocol):
    """Called when a load got on. fetching: it downloads."""

    def __call__(self, *, fetching: bool = False) -> None: ...


@dataclass(frozen=True)
class ComponentKey:
    """What a component is: hash of its configuration and weights; the precision it runs in; the device it lies on."""

    hash: str
    dtype: str
    device: str


class Components(Protocol):
    """Components that were loaded for other models. Those that are taken or kept are in use until the next load."""

    def take(self, key: ComponentKey) -> Any | None:
        """The component, ready to run on its device; None where it has to be loaded."""
        ...

    def make_room(self, size: int) -> None:
        """Called before so many bytes of components are loaded."""
        ...

    def keep(self, key: ComponentKey, part: Any, size: int) -> None:
        """A component that was loaded and lies on its device, and the bytes that it takes."""
        ...

    def forget(self, key: ComponentKey) -> None:
        """A component that was taken will be changed, and is not to be given to another model."""
        ...


class NothingKept:
    """Components for who loads one model alone."""

    def take(self, key: ComponentKey) -> Any | None: ...

    def make_room(self, size: int) -> None: ...

    def keep(self, key: ComponentKey, part: Any, size: int) -> None: ...

    def forget(self, key: ComponentKey) -> None: ...


@dataclass(frozen=True)
class LoadOrder:
    """What is to be loaded. root: its folder or file, which is there. stamps: what its files are like now. model_store:
    see models/store.py. families: all that there are, for who has to look at a file again. components: what may be
    there already.
    """

    ref: ModelRef
    spec: FamilySpec
    root: Path
    stamps: Stamps
    device: Device
    model_store: Path | None
    progress: LoadProgress
    families: FamilyRegistry
    components: Components

    @property
    def precision(self) -> tuple[torch.dtype, torch.dtype]:
        """Of text encoder and autoencoder, and of what paints."""
        return precision(self.device, self.spec.memory)


@dataclass(frozen=True)
class Loaded:
    """A model ready to paint; a family adds what it needs. ref carries its hash. parts: the components by name, those
    that are there. root: the folder or file that was loaded. stamps: what its files were like. adapters:
    what was read of those that were added to it last. refiner: what can finish its pictures, where a job asks for one.
    """

    ref: ModelRef
    spec: FamilySpec
    root: Path
    stamps: Stamps
    parts: dict[str, Any]
    device: Device
    adapters: AdapterFiles = field(default_factory=AdapterFiles, kw_only=True)
    refiner: Loaded | None = field(default=None, kw_only=True)


class FamilyModel(Protocol):
    """A module `model` of a family."""

    def load(self, order: LoadOrder) -> Loaded:
        """Raises BridgeError, torch's out-of-memory errors, and whatever a library raises for damaged files."""
        ...

    def generate(self, loaded: Any, generation: Generation, watch: Watch) -> Picture:
        """One denoising run, of what this module has loaded.

        It asks watch.check often enough to stop within a step, and gives the same bytes for the same loaded model and
        generation. Raises BridgeError, Cancelled, torch's out-of-memory errors.
        """
        ...


def code_of(family: Family) -> FamilyModel:
    return cast(FamilyModel, import_module(family.model))
