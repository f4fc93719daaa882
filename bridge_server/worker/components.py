"""The components that the worker keeps: text encoders, autoencoders and what paints, of the models that it has loaded.

Models whose component files are the same share them, and a model that is asked for again after another one is there
without its files being read, as long as all fits into the budget. What was not used for longest goes first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..pipelines.family import ComponentKey
from ..pipelines.memory import RESERVED_BYTES, Device

GPU_SHARE = 2  # one half of a graphics card's memory: the rest is for painting
CPU_SHARE = 4  # a quarter of the computer's: pictures and other programs are there too
UNKNOWN_MEMORY_BYTES = 4 * 2**30  # where the system does not tell how much there is: the smallest that is common


@dataclass(frozen=True)
class Kept:
    """part: a module on its device. size: bytes of its weights."""

    part: Any
    size: int


def default_budget(device: Device) -> int:
    """Bytes of components that are kept on a device."""
    return (device.memory_bytes or UNKNOWN_MEMORY_BYTES) // (GPU_SHARE if device.half else CPU_SHARE)


class ComponentCache:
    """Components by what they are, the least recently used first. Used by the thread that loads and, when the memory
    ran out, by the one that paints.

    budget: bytes; the model that is in use is kept whatever it takes. free: bytes that could be taken now, None where
    that is not known. dropped: called after components were let go.
    """

    def __init__(
        self, budget: int, free: Callable[[], int | None] = lambda: None, dropped: Callable[[], None] = lambda: None
    ) -> None:
        self._budget = budget
        self._free = free
        self._dropped = dropped
        self._kept: dict[ComponentKey, Kept] = {}
        self._used: set[ComponentKey] = set()
        self._lock = threading.RLock()

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        with self._lock:
            return sum(kept.size for kept in self._kept.values())

    def begin(self) -> None:
        """Another model is loaded now: none of the components is in use any more."""
        with self._lock:
            self._used.clear()

    def take(self, key: ComponentKey) -> Any | None:
        """The component, in use from now on; None where it has to be loaded."""
        with self._lock:
            kept = self._kept.pop(key, None)
            if kept is None:
                return None
            self._kept[key] = kept
            self._used.add(key)
            return kept.part

    def make_room(self, size: int) -> None:
        """Let go of components that are not in use until so many bytes more fit into the budget and the memory."""
        self._drop_while(lambda: self.size + size > self._budget or not self._is_free(size))

    def keep(self, key: ComponentKey, part: Any, size: int) -> None:
        """A component that was loaded; in use."""
        with self._lock:
            self._kept[key] = Kept(part, size)
            self._used.add(key)

    def forget(self, key: ComponentKey) -> None:
        """It is not what it was any more, and is not given to another model."""
        with self._lock:
            self._kept.pop(key, None)
            self._used.discard(key)

    def drop_unused(self) -> None:
        self._drop_while(lambda: True)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self.begin()
            self.drop_unused()

    def _is_free(self, size: int) -> bool:
        free = self._free()
        return free is None or size + RESERVED_BYTES <= free

    def _drop_while(self, is_needed: Callable[[], bool]) -> None:
        with self._lock:
            for key in [key for key in self._kept if key not in self._used]:
                if not is_needed():
                    return
                del self._kept[key]
                self._dropped()
