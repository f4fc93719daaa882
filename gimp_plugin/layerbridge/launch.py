"""Launching a program that is not GIMP's: detached, and free of what GIMP set up for its own libraries. No gi."""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO

# Set by GIMP and its bundles for their own Python and libraries: they would break another Python, or move its files.
FOREIGN_BEGINNINGS = ("PYTHON", "DYLD_", "GI_", "GTK_", "GDK_", "GIO_", "GEGL_", "BABL_", "FONTCONFIG_")
FOREIGN = frozenset(
    {
        *("LD_LIBRARY_PATH", "SSL_CERT_FILE", "VIRTUAL_ENV", "XDG_CACHE_HOME", "XDG_DATA_DIRS"),
        *("XDG_DATA_HOME", "XDG_STATE_HOME"),  # they choose the daemon's home: the installer noted what was in force
    }
)
HOME_VARIABLE = "LAYERBRIDGE_HOME"  # of GIMP itself: the user's choice, before what the installer noted
DLL_FOLDER_CHARACTERS = 32768


def clean_environment(
    environ: Mapping[str, str], extra: Mapping[str, str], platform: str = sys.platform, prefix: str = sys.prefix
) -> dict[str, str]:
    """GIMP's environment without what its bundle set for itself, and with what the installer noted.

    `prefix`: the folder of GIMP's own Python, on Windows the root of GIMP: PATH entries in it are left out there.
    """
    windows = platform == "win32"
    kept: dict[str, str] = {}
    for name, value in environ.items():
        known = name.upper() if windows else name
        if known in FOREIGN or known.startswith(FOREIGN_BEGINNINGS):
            continue
        kept[name] = path_without(value, prefix) if windows and known == "PATH" else value
    chosen = {HOME_VARIABLE: environ[HOME_VARIABLE]} if environ.get(HOME_VARIABLE) else {}
    return {**kept, **extra, **chosen}


def path_without(path: str, folder: str) -> str:
    """A Windows PATH without the entries in `folder`."""
    entries = path.split(";")
    return ";".join(entry for entry in entries if not PureWindowsPath(entry.strip('"')).is_relative_to(folder))


@contextlib.contextmanager
def usual_dll_folder(kernel: Any) -> Iterator[None]:
    """While this lasts, Windows looks for DLLs where it does by default; `kernel` is ctypes' kernel32.

    GIMP names its own folder with SetDllDirectoryW, and a child inherits that: it would load GIMP's OpenSSL or zlib.
    """
    folder = ctypes.create_unicode_buffer(DLL_FOLDER_CHARACTERS)
    named = kernel.GetDllDirectoryW(DLL_FOLDER_CHARACTERS, folder)
    kernel.SetDllDirectoryW(None)
    try:
        yield
    finally:
        if named:
            kernel.SetDllDirectoryW(folder.value)


def launch(command: Sequence[str], environment: Mapping[str, str], log: Path | None) -> subprocess.Popen[bytes]:
    """Start a program that outlives GIMP and shows no console window; what it says on standard error is in `log`.

    Raises OSError where the program is not there.
    """
    with contextlib.ExitStack() as stack:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
            stack.enter_context(usual_dll_folder(ctypes.windll.kernel32))
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=_opened(log, stack),
            cwd=Path(command[0]).parent,  # not where GIMP was started: no code of that folder, and it stays removable
            env=dict(environment),
            close_fds=True,
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )


def _opened(log: Path | None, stack: contextlib.ExitStack) -> BinaryIO | int:
    """The log, begun anew; nowhere where it cannot be written."""
    if log is None:
        return subprocess.DEVNULL
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return stack.enter_context(log.open("wb"))
    except OSError:
        return subprocess.DEVNULL
