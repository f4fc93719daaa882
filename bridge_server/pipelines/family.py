"""What a family's module `model` gives to the worker: load and generate, and what passes between them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from ..families.base import Family, FamilySpec
from ..families.registry import FamilyRegistry
from ..protocol.tasks import ModelRef
from .generation import Generation, Picture, Watch
from .memory import Device
from .stamps import Stamps


class LoadProgress(Protocol):
    """Called when a load got on. fetching: it downloads."""

    def __call__(self, *, fetching: bool = False) -> None: ...


@dataclass(frozen=True)
class LoadOrder:
    """What is to be loaded. root: its folder or file, which is there. stamps: what its files are like now. hash_cache:
    see models/hashes.py. families: all that there are, for who has to look at a file again.
    """

    ref: ModelRef
    spec: FamilySpec
    root: Path
    stamps: Stamps
    device: Device
    hash_cache: Path | None
    progress: LoadProgress
    families: FamilyRegistry


@dataclass(frozen=True)
class Loaded:
    """A model ready to paint; a family adds what it needs. ref carries its hash. parts: the components by name, those
    that are there. root: the folder or file that was loaded. stamps: what its files were like.
    """

    ref: ModelRef
    spec: FamilySpec
    root: Path
    stamps: Stamps
    parts: dict[str, Any]
    device: Device


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
