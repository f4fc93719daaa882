"""The Python processes that Layerbridge starts: never code of the folder in which somebody happens to stand."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

CREATE_NO_WINDOW = 0x0800_0000  # subprocess.CREATE_NO_WINDOW, which exists on Windows only
FOLDERS_OF_MODELS = ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME")  # read by huggingface_hub


def python_command(*words: str) -> tuple[str, ...]:
    """This Python with `words`; -P keeps the current folder out of sys.path, which -m and -c put first."""
    return (sys.executable, "-P", *words)


def python_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`environ` for such a process and what it starts in turn.

    Of PYTHONPATH only the absolute folders stay: an empty part of it means the current folder. Folders of models are
    made absolute, so that the process may run in another folder.
    """
    kept = {**environ, "PYTHONSAFEPATH": "1"}
    folders = [part for part in kept.pop("PYTHONPATH", "").split(os.pathsep) if Path(part).is_absolute()]
    if folders:
        kept["PYTHONPATH"] = os.pathsep.join(folders)
    for name in FOLDERS_OF_MODELS:
        if kept.get(name):
            kept[name] = str(Path(kept[name]).expanduser().absolute())
    return kept
