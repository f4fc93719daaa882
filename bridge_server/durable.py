"""Files that are there as a whole or not at all, also after a power cut (standard library only)."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .patience import patiently

PART = ".part"  # the ending of what is not complete yet


def sync_file(path: Path) -> None:
    """The file's bytes are on the disk when this returns. Raises OSError."""
    handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """The names in the folder are on the disk when this returns, where the file system can be asked for that: Windows
    does it by itself, and some network folders know no such request. Raises OSError.
    """
    if sys.platform == "win32":
        return
    try:
        sync_file(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def write_whole(path: Path, parts: Iterable[Any], *, synced: bool = True) -> int:
    """Write `parts` (buffers) beside `path`, then give the file its name; its length in bytes.

    synced: False for what need not outlive a power cut. Raises OSError, and leaves nothing behind then.
    """
    part = path.with_name(f"{path.name}{PART}")
    size = 0
    try:
        with part.open("wb") as file:
            for data in parts:
                size += file.write(data)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        patiently(lambda: part.replace(path))
    except OSError:
        part.unlink(missing_ok=True)
        raise
    if synced:
        sync_folder(path.parent)
    return size
