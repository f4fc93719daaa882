"""Whether a model's files are still those that were loaded: their sizes and times, without opening any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import BridgeError
from ..models.checkpoints import sidecar
from ..models.overrides import read_sidecar

SUFFIXES = (".safetensors", ".json", ".txt")  # weights, configurations and overrides, the tokenizer's words

Stamp = tuple[int, int, int]
"""Bytes, modified in ns, changed in ns. The last tells a copy that kept the time (`cp -p`, `rsync -t`) from the file
that it replaced; on Windows it is the time of creation. No inode: FAT gives a file another one now and then.
"""
Stamps = Mapping[str, Stamp | None]


def stamps_of(root: Path, parts: Iterable[str] = ()) -> Stamps:
    """The stamp of each file that loading `root` (a diffusers folder or a file) may read; None: there is none. parts:
    files and folders of other components of it.
    """
    others = (file for part in parts for file in _of_part(Path(part)))
    return {str(file): _stamp(file) for file in (*_files(root), *others)}


def _of_part(part: Path) -> Iterator[Path]:
    if part.is_dir():
        yield from _in_folder(part)
    else:
        yield part


def _files(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from _in_folder(root)
        return
    settings = sidecar(root)
    yield from (root, settings)
    with suppress(BridgeError, OSError):  # loading says what is wrong with it
        named = read_sidecar(settings).values.get("config")
        if isinstance(named, str) and named:
            yield from _in_folder(root.parent / named)


def _in_folder(folder: Path) -> Iterator[Path]:
    """The files of a model and of its parts, which are the folders in it."""
    for pattern in ("*", "*/*"):
        yield from (file for file in folder.glob(pattern) if file.suffix in SUFFIXES)


def _stamp(file: Path) -> Stamp | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
