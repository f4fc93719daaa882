"""Compiles kernels with numba. Importing a module of kernels imports numba, so that waits until one is needed."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

OPTIONS = {"nogil": True, "cache": True, "error_model": "numpy", "no_cfunc_wrapper": True}
PLAIN = {"_nrt": False}


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """The same function as machine code that lets other threads run, and that is kept in numba's cache.

    Floating point is as written (no "fast math"), so that results do not depend on the processor's vector width. Most
    of the time of compiling is numba's own Python: plain loops and scalars take far less of it than tuples, slices,
    arrays that are made inside, or functions of numpy.
    """
    return _numba().njit(**OPTIONS)(kernel)


def compiled_plain(kernel: Callable[P, R]) -> Callable[P, R]:
    """The same where a kernel works in the arrays that it is given and makes none: it is compiled sooner, since numba
    then need not count references.
    """
    return _numba().njit(**OPTIONS, **PLAIN)(kernel)


def compiled_part(function: Callable[P, R]) -> Callable[P, R]:
    """The same, of what only kernels call: no wrapper is made, so that a call from Python would end the process."""
    return _numba().njit(**OPTIONS, **PLAIN, no_cpython_wrapper=True)(function)


def made_ready(kernels: Iterable[tuple[Any, str]]) -> Iterator[bool]:
    """Compiles each of these for the types of its arguments, as numba writes them, or reads it from numba's cache.

    Gives for each whether it had to be compiled. numba compiles one at a time in a process, whatever the threads.
    """
    for kernel, types in kernels:
        before = sum(kernel.stats.cache_misses.values())
        with _no_collection():
            kernel.compile(types)
        yield sum(kernel.stats.cache_misses.values()) > before


@contextmanager
def _no_collection() -> Generator[None]:
    """Nothing looks for reference cycles meanwhile: numba makes so many objects that it takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _numba() -> Any:
    return importlib.import_module("numba")  # which has no types


class Bands:
    """Runs a kernel on bands of rows at the same time. What the bands are does not depend on the number of threads."""

    def __init__(self, pool: ThreadPoolExecutor | None, count: int) -> None:
        """pool: of `count` threads; None: everything runs in the thread that asks for it."""
        self._pool, self._count = pool, count

    def run(self, kernel: Callable[..., None], bands: list[tuple[int, int]], *arguments: Any) -> None:
        """Calls kernel(first row, row after the last, *arguments) for each band, and waits for all."""
        if self._pool is None:
            for top, bottom in bands:
                kernel(top, bottom, *arguments)
        else:
            for waiting in [self._pool.submit(kernel, top, bottom, *arguments) for top, bottom in bands]:
                waiting.result()

    def each(self, task: Callable[[T, Bands], R], items: Sequence[T]) -> list[R]:
        """What task(item, bands) gives for each, in their order. Where items are many they run at the same time, and
        the bands of each in one thread; otherwise one after the other.
        """
        if self._pool is None or len(items) < self._count:
            return [task(item, self) for item in items]
        alone = Bands(None, 1)
        return [waiting.result() for waiting in [self._pool.submit(task, item, alone) for item in items]]


@contextmanager
def threads(count: int | None = None) -> Generator[Bands]:
    """count: of threads; None: as many as the process may use processors."""
    count = count or processors()
    with ThreadPoolExecutor(count, thread_name_prefix="fill") as pool:
        yield Bands(pool, count)


def split(top: int, bottom: int, rows: int) -> list[tuple[int, int]]:
    """[top, bottom) in bands of that many rows; the last one may be shorter."""
    return [(first, min(bottom, first + rows)) for first in range(top, bottom, rows)]


def processors() -> int:
    """That this process may use, at most 8."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(8, count)
