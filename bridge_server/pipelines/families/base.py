"""What an architecture is to the worker: a name and two functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...protocol.tasks import ModelRef
from ..generation import Generation, Picture, Watch
from ..loader import Loaded
from ..memory import Device


@dataclass(frozen=True)
class Family:
    """load(ref, device, hash_cache) -> Loaded; generate(loaded, generation, watch) -> Picture.

    generate runs one denoising run, asks watch.check often enough to stop within a step, and gives the same bytes for
    the same loaded model and generation. What it raises: BridgeError, Cancelled, torch's out-of-memory errors.
    """

    name: str
    load: Callable[[ModelRef, Device, Path | None], Loaded]
    generate: Callable[[Loaded, Generation, Watch], Picture]
