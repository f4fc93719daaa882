"""Compiles kernels with numba. Importing a module of kernels imports numba, so that waits until one is needed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """The same function as machine code that lets other threads run, and that is kept in numba's cache.

    Floating point is as written (no "fast math"), so that results do not depend on the processor's vector width.
    """
    numba: Any = importlib.import_module("numba")  # which has no types
    return numba.njit(nogil=True, cache=True, error_model="numpy")(kernel)


class Bands:
    """Runs a kernel on bands of rows at the same time. What the bands are does not depend on the number of threads."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def run(self, kernel: Callable[..., None], bands: list[tuple[int, int]], *arguments: Any) -> None:
        """Calls kernel(first row, row after the last, *arguments) for each band, and waits for all."""
        for waiting in [self._pool.submit(kernel, top, bottom, *arguments) for top, bottom in bands]:
            waiting.result()


@contextmanager
def threads(count: int | None = None) -> Generator[Bands]:
    """count: of threads; None: as many as the process may use processors."""
    with ThreadPoolExecutor(count or processors(), thread_name_prefix="fill") as pool:
        yield Bands(pool)


def split(top: int, bottom: int, rows: int) -> list[tuple[int, int]]:
    """[top, bottom) in bands of that many rows; the last one may be shorter."""
    return [(first, min(bottom, first + rows)) for first in range(top, bottom, rows)]


def processors() -> int:
    """That this process may use, at most 8."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(8, count)
