"""The one model that is loaded, loaded in a thread so that a cancelled job need not wait for it.

Loading is never interrupted: whoever asked may leave, the load goes on, and the next job finds the model there. A load
that goes on for too long though nobody wants it is ended by the daemon, with the whole process.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Generic, TypeVar

from ..protocol.tasks import ModelRef

POLL_SECONDS = 0.05  # how soon a cancel is noticed while a model loads

LoadedT = TypeVar("LoadedT")
Key = tuple[str, ...]


class ModelCache(Generic[LoadedT]):
    """Holds at most one model; asking for another drops it first, so that two never share the memory.

    load: loads a model, called in the loading thread. dropped: called in that thread after a model was let go for
    another one, and after a load that failed; emptied: for none. is_current: whether a loaded model is still what its
    files hold; asked before each use.
    """

    def __init__(
        self,
        load: Callable[[ModelRef], LoadedT],
        dropped: Callable[[], None],
        is_current: Callable[[LoadedT], bool] = lambda _: True,
        emptied: Callable[[], None] | None = None,
    ) -> None:
        self._load = load
        self._dropped = dropped
        self._is_current = is_current
        self._emptied = emptied or dropped
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._lock = threading.Lock()
        self._newest: tuple[Key, Future[LoadedT]] | None = None

    def ask(self, ref: ModelRef) -> Future[LoadedT]:
        """The model, or the promise of it; returns at once. Loaded again if that failed, or if its files changed."""
        key = _key(ref)
        with self._lock:
            if self._newest is not None:
                known, future = self._newest
                if known == key and (not future.done() or self._is_good(future)):
                    return future
                del future
            self._newest = None
            future = self._thread.submit(self._replace, ref)
            self._newest = (key, future)
            return future

    def get(self, ref: ModelRef, check: Callable[[], None]) -> LoadedT:
        """Wait for the model. `check` is called meanwhile; what it raises goes up, and the load goes on."""
        future = self.ask(ref)
        while not future.done():
            check()
            wait_for([future], POLL_SECONDS)
        return future.result()

    def is_loaded(self, ref: ModelRef) -> bool:
        future = self._future_of(_key(ref))
        return future is not None and future.done() and self._is_good(future)

    def has_model(self) -> bool:
        """Whether a model is loaded or being loaded."""
        with self._lock:
            return self._newest is not None

    def drop(self) -> Future[None]:
        """Let the model go; done after a load that is under way."""
        with self._lock:
            self._newest = None
            return self._thread.submit(self._emptied)

    def _is_good(self, future: Future[LoadedT]) -> bool:
        return future.exception() is None and self._is_current(future.result())

    def _future_of(self, key: Key) -> Future[LoadedT] | None:
        with self._lock:
            return self._newest[1] if self._newest is not None and self._newest[0] == key else None

    def _replace(self, ref: ModelRef) -> LoadedT:
        self._dropped()
        try:
            return self._load(ref)
        except BaseException as error:
            _let_go(error)
            self._dropped()
            raise


def _key(ref: ModelRef) -> Key:
    """A model is loaded with the files of its parts, and with its refiner."""
    parts = (text for part in sorted(ref.parts.items()) for text in part)
    return (ref.source, ref.path, *parts, *(() if ref.refiner is None else _key(ref.refiner)))


def _let_go(error: BaseException) -> None:
    """Of what the functions that raised it, or what led to it, had: the error is kept, and half a model is not."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop()
        if found is not None and id(found) not in seen:
            seen.add(id(found))
            traceback.clear_frames(found.__traceback__)
            waiting += (found.__cause__, found.__context__)
