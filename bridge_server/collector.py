"""The garbage collector while modules are imported (standard library only)."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Imports make much and drop little: the collector would go through all of it again and again.

    What is there afterwards counts as permanent, so that later collections leave it out as well (`gc.freeze`).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
