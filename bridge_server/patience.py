"""Files that another program holds for a moment: on Windows a virus scanner, an indexer, or a reader of our own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSES = tuple(seconds / 1000 for seconds in (20, 30, 40, 60, 80, 100, 130, 160, 200, 200))  # a second in all


def patiently(
    operation: Callable[[], T], *, platform: str = sys.platform, sleep: Callable[[float], object] = time.sleep
) -> T:
    """What `operation` gives: a rename, replacement or deletion of a file, which Windows refuses while it is open.

    There a PermissionError is tried again for about a second, and the last one raised; elsewhere, where an open file is
    no obstacle, the first is. Blocks meanwhile.
    """
    for pause in PAUSES if platform == "win32" else ():
        try:
            return operation()
        except PermissionError:
            sleep(pause)
    return operation()
