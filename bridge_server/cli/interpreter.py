"""The Python that GIMP on Linux starts the plug-in with: named in its first line, and tried before it is named.

On Windows and macOS GIMP brings its own Python and looks at no first line; a flatpak or snap has one on its own PATH.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

FIRST_ON_PATH = "/usr/bin/env python3"  # GIMP's PATH: a virtual environment, pyenv or conda may come first there
PROBE = 'import sys, gi; gi.require_version("Gimp", "3.0"); sys.exit(sys.version_info < (3, 9))'
PROBE_SECONDS = 30.0
LONGEST = 120  # Linux cuts the first line of a script after 127 bytes


def candidates(environment: Mapping[str, str]) -> list[str]:
    """The system's Python, for which distributions package GIMP's bindings, then every python3 of the PATH."""
    folders = ["/usr/bin", *environment.get("PATH", "").split(os.pathsep)]
    return list(dict.fromkeys(f"{folder}/python3" for folder in folders if folder.startswith("/")))


def find_python(pythons: Iterable[str], works: Callable[[str], bool]) -> str | None:
    """The first that works and can stand in a first line."""
    return next((python for python in pythons if _fits(python) and works(python)), None)


def loads_gimp(python: str) -> bool:
    """Whether this Python exists and has GIMP 3's bindings. An AppImage of GIMP keeps its own to itself."""
    try:
        probe = subprocess.run([python, "-I", "-c", PROBE], capture_output=True, timeout=PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0


def named_python(entry: Path) -> str:
    """What an installed plug-in's first line names; empty where there is none."""
    try:
        with entry.open(encoding="utf-8") as file:
            line = file.readline()
    except (OSError, ValueError):
        return ""
    return line.removeprefix("#!").strip() if line.startswith("#!") else ""


def name_python(entry: Path, python: str) -> None:
    """Write the first line."""
    _first, _newline, rest = entry.read_text(encoding="utf-8").partition("\n")
    entry.write_text(f"#!{python}\n{rest}", encoding="utf-8")


def _fits(python: str) -> bool:
    return len(os.fsencode(python)) <= LONGEST and not any(letter.isspace() for letter in python)
