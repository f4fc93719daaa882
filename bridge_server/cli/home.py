"""Whether the daemon's folders can be used, said as a sentence before anything is written there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..config import HOME_VARIABLE, Home
from ..errors import BridgeError, ErrorCode


def home_fault(home: Home, environment: Mapping[str, str] = os.environ) -> str | None:
    """What is wrong with the folders, with what to do; None where they are there, or can be made."""
    remedy = f"Free that place, or let {HOME_VARIABLE} name a folder that you may write to"
    if environment.get(HOME_VARIABLE):
        remedy = f"Let {HOME_VARIABLE} name a folder that you may write to, or unset it"
    for folder in (home.state, home.models, home.logs):
        existing = nearest_existing(folder)
        if not existing.is_dir():
            return f"{existing} is a file, where Layerbridge keeps its folder {folder}. {remedy}."
        if not os.access(existing, os.W_OK | os.X_OK):
            return f"Layerbridge may not write to {existing}, where it keeps its folder {folder}. {remedy}."
    return None


def require_home(home: Home) -> None:
    """Raises BridgeError where the folders cannot be used."""
    fault = home_fault(home)
    if fault:
        raise BridgeError(ErrorCode.INVALID_REQUEST, fault)


def nearest_existing(path: Path) -> Path:
    return next((place for place in (path, *path.parents) if _exists(place)), Path(path.anchor))


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True
