"""Lets a worker die with its daemon even where it cannot do so itself, because it is stopped or stuck in a library."""

from __future__ import annotations

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(platform: str = sys.platform) -> bool:
    """Ask the system to kill this process when the thread that started it ends; False where it cannot be asked.

    Only Linux can. Elsewhere the end of standard input must do (worker.channel), which a stopped process does not see
    until it goes on.
    """
    if not platform.startswith("linux"):
        return False
    prctl = ctypes.CDLL(None).prctl
    return prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0) == 0
