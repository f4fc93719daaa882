"""What an architecture is to the worker: a name and two functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...protocol.tasks import ModelRef
from ..generation import Generation, Picture, Watch
from ..loader import Loaded, LoadProgress
from ..memory import Device


class Load(Protocol):
    """bridge_server.pipelines.loader.load."""

    def __call__(
        self, ref: ModelRef, device: Device, hash_cache: Path | None, progress: LoadProgress = ...
    ) -> Loaded: ...


@dataclass(frozen=True)
class Family:
    """load(ref, device, hash_cache, progress) -> Loaded; generate(loaded, generation, watch) -> Picture.

    generate runs one denoising run, asks watch.check often enough to stop within a step, and gives the same bytes for
    the same loaded model and generation. What it raises: BridgeError, Cancelled, torch's out-of-memory errors.
    """

    name: str
    load: Load
    generate: Callable[[Loaded, Generation, Watch], Picture]
