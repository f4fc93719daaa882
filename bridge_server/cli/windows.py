"""What Windows does otherwise, as far as the command line has to do with it. Pure; never run on Windows yet."""

from __future__ import annotations

import ntpath
from collections.abc import Mapping
from typing import Any

from ..children import CREATE_NO_WINDOW

CREATE_NEW_PROCESS_GROUP = 0x0000_0200  # of subprocess, which has it on Windows only
STORE_FOLDER = "WindowsApps"  # where Windows keeps what its Store has installed
STORE_PYTHON = (
    "this Python is the one of the Microsoft Store, whose files in AppData no other program sees: neither GIMP nor "
    "the plug-ins would find Layerbridge"
)
OTHER_PYTHON = "Install Python from python.org, and Layerbridge with that one."


def detached_arguments(platform: str) -> dict[str, Any]:
    """Popen's arguments for a process that outlives this command and its terminal; platform: as in sys.platform.

    DETACHED_PROCESS would not do: a console program without a console gets a new, visible one from its child processes,
    and ends when that is closed (cpython#85785).
    """
    if platform == "win32":
        return {"creationflags": CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def is_store_python(platform: str, base_prefix: str) -> bool:
    """base_prefix: as sys.base_prefix, also in a virtual environment (cpython#95029: its files are redirected)."""
    return platform == "win32" and STORE_FOLDER.lower() in base_prefix.lower().replace("/", "\\").split("\\")


def is_outside_profile(platform: str, folder: str, environment: Mapping[str, str]) -> bool:
    """Whether a folder has not the protection that Windows gives to all below the user's own folder."""
    profile = environment.get("USERPROFILE", "")
    if platform != "win32" or not profile:
        return False
    inside, outer = (ntpath.normcase(ntpath.normpath(path)) for path in (folder, profile))
    return inside != outer and not inside.startswith(outer.rstrip("\\") + "\\")


def protecting_command(folder: str) -> str:
    """What the user can type so that nobody else reads the folder."""
    return f'icacls "{folder}" /inheritance:r /grant:r "%USERNAME%:(OI)(CI)F"'
