"""Looks through folders for models: each folder once, each file's status once, each header once as long as it does not
change (standard library only).
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.registry import FamilyRegistry
from .checkpoints import SUFFIX, describe_checkpoint, sidecar_name
from .described import Model, refused
from .folders import read_folder, read_tokenizer
from .gguf import SUFFIX as GGUF
from .parts import INDEX_NAME, TOKENIZER_CONFIG
from .reading import read_start, why_not
from .segmenters import describe_onnx

log = logging.getLogger(__name__)

PICKLES = (".ckpt", ".pt", ".pth", ".bin")
WEIGHTS = (SUFFIX, GGUF)
ONNX = ".onnx"
MAX_DEPTH = 4  # folders within folders that are looked through: kind / maker / model is three
MAX_FILES = 20_000  # a folder with more is not a folder of models; reading on would only keep the user waiting
MAX_ENTRIES = 200_000  # of any kind: the same, for somebody's whole disk
NO_TEXT = "its name is not text in UTF-8. Rename it."

Signature = tuple[int, ...]  # its third and fourth number: modified and changed, in ns; of a folder, the newest of both


@dataclass(frozen=True)
class Read:
    """What was read, and what the files were like then."""

    signature: Signature
    model: Model


Memory = Mapping[str, Read]  # by the path of the file or folder


class Scan:
    """One look at some folders. before: what an earlier look remembers. families: those that there are. seen: places
    that are not listed again. fresh: what this look remembers.
    """

    def __init__(self, before: Memory, families: FamilyRegistry, seen: Sequence[Path] = ()) -> None:
        self.fresh: dict[str, Read] = {}
        self._families = families
        self._before = before
        self._seen = {os.path.realpath(place) for place in seen}
        self._files = 0
        self._entries = 0

    def models(self, folder: Path) -> Iterator[Model]:
        """The models in `folder` and below that were not found before. Raises nothing."""
        try:
            yield from self._in_folder(folder, MAX_DEPTH)
        except _TooManyError as error:
            note = f"{folder} was not looked through to its end: {error}. Take it off the list of model folders."
            yield refused(folder.name or str(folder), folder, "folder", "", ErrorCode.MODEL_UNREADABLE, note)

    def _in_folder(self, folder: Path, depth: int) -> Iterator[Model]:
        real = os.path.realpath(folder)
        if real in self._seen:
            return
        self._seen.add(real)
        if not _is_text(str(folder)):
            yield _refused(folder, "folder", NO_TEXT)
            return
        try:
            with os.scandir(folder) as opened:
                entries = {entry.name: entry for entry in opened}
        except FileNotFoundError:
            return
        except OSError as error:
            note = f"{folder} cannot be read: {why_not(error)}. Allow it, or take it off the list of model folders."
            yield refused(folder.name or str(folder), folder, "folder", "", ErrorCode.MODEL_UNREADABLE, note)
            return
        self._count(len(entries))
        if INDEX_NAME in entries:
            yield self.folder(folder, folder.name)
        elif folder.name.startswith("models--"):
            yield from self._hub_download(folder)
        else:
            if TOKENIZER_CONFIG in entries:
                yield from self._tokenizer(folder)
            for name in sorted(entries):
                if not name.startswith("."):
                    yield from self._entry(folder, real, entries[name], entries, depth)

    def _entry(
        self, folder: Path, real: str, entry: os.DirEntry[str], entries: dict[str, os.DirEntry[str]], depth: int
    ) -> Iterator[Model]:
        path = folder / entry.name
        suffix = f".{entry.name.rpartition('.')[2].lower()}"
        try:
            status = entry.stat()
        except FileNotFoundError:
            if entry.is_symlink():
                yield _refused(path, "file", "it is a link that leads nowhere. Delete it, or bring back what it named.")
            return
        except OSError as error:
            if error.errno == errno.ELOOP:
                yield _refused(path, "file", "it is a link that leads in a circle. Delete it.")
                return
            yield _refused(path, "file", f"{why_not(error)}. Allow it, or move it away.")
            return
        if stat.S_ISDIR(status.st_mode):
            if depth > 0:
                yield from self._in_folder(path, depth - 1)
            return
        if suffix not in (*WEIGHTS, ONNX, *PICKLES):
            return
        place = os.path.realpath(path) if entry.is_symlink() else f"{real}{os.sep}{entry.name}"
        if place in self._seen:
            return
        self._seen.add(place)
        self._files += 1
        self._count(0)
        if not _is_text(entry.name):
            yield _refused(path, "file", NO_TEXT)
        elif not stat.S_ISREG(status.st_mode):
            yield _refused(path, "file", "it is not an ordinary file. Move it away.")
        elif suffix in WEIGHTS:
            yield self._checkpoint(path, status, entries.get(sidecar_name(entry.name)))
        elif suffix == ONNX:
            yield self._read(path, _signature(status), partial(describe_onnx, path, status.st_size))
        else:
            yield _pickle(path, status.st_size)

    def _checkpoint(self, path: Path, status: os.stat_result, beside: os.DirEntry[str] | None) -> Model:
        signature = _signature(status)
        if beside is not None:
            signature += _signature_of(beside)
        describe = partial(describe_checkpoint, path, self._families, has_sidecar=beside is not None)
        return self._read(path, signature, describe)

    def folder(self, folder: Path, name: str) -> Model:
        """The model in a folder that has an index. Raises nothing."""
        return self._read(folder, _folder_signature(folder), partial(read_folder, folder, name, self._families))

    def _tokenizer(self, folder: Path) -> Iterator[Model]:
        found = read_tokenizer(folder)
        if found is not None:
            yield self._read(folder, _folder_signature(folder), lambda: found)

    def _read(self, path: Path, signature: Signature, describe: Callable[[], Model]) -> Model:
        """What could not be read is read again: a disk, or the system's want of handles, may be mended without a change
        of the file.
        """
        place = str(path)
        read = self._before.get(place)
        if read is None or read.signature != signature or read.model.problem is ErrorCode.MODEL_UNREADABLE:
            read = Read(signature, self._guarded(path, describe))
        self.fresh[place] = read
        return read.model

    def _hub_download(self, folder: Path) -> Iterator[Model]:
        """The model in `models--org--name`: the snapshot that refs/main names, else the newest. Others than pipelines
        (tokenizers, single components) are passed over.
        """
        name = folder.name.removeprefix("models--").replace("--", "/")
        snapshot = _snapshot(folder)
        if snapshot is None:
            return
        if (snapshot / INDEX_NAME).exists():
            yield self.folder(snapshot, name)
            return
        entries = {entry.name: entry for entry in _entries(snapshot)}
        if TOKENIZER_CONFIG in entries:
            yield from self._tokenizer(snapshot)
        for file in sorted(name for name in entries if name.lower().endswith(WEIGHTS)):
            yield from self._entry(snapshot, os.path.realpath(snapshot), entries[file], entries, 0)

    def _guarded(self, path: Path, describe: Callable[[], Model]) -> Model:
        """The last resort, where `describe` raises although it never should."""
        try:
            return describe()
        except Exception:  # a fault of ours in one model must not hide the others, nor end the daemon
            log.exception("describing a model")
            why = "Layerbridge has a fault in reading it. Please report it, with the end of daemon.log."
            return _refused(path, "file", why)

    def _count(self, more: int) -> None:
        self._entries += more
        if self._files > MAX_FILES:
            raise _TooManyError(f"there are more than {MAX_FILES:,} model files")
        if self._entries > MAX_ENTRIES:
            raise _TooManyError(f"there are more than {MAX_ENTRIES:,} files and folders")


class _TooManyError(Exception):
    """More than a folder of models can hold; the text says what."""


def _refused(path: Path, source: str, why: str) -> Model:
    """What is refused for what it is on the disk. why: begins with "it" or the like, and ends with what to do."""
    name = path.stem if source == "file" and path.suffix else path.name
    return refused(name, path, source, "", ErrorCode.MODEL_UNREADABLE, f"{path.name} cannot be used: {why}")


def _pickle(file: Path, size: int) -> Model:
    note = (
        f"{file.name} is a pickle, which can run any program when it is opened, so Layerbridge never opens one. "
        "Get the model's .safetensors version."
    )
    return refused(file.stem, file, "file", "", ErrorCode.MODEL_UNSAFE, note, size)


def _is_text(name: str) -> bool:
    """Whether a name can be written as UTF-8: it then has no bytes that the operating system could not decode."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _folder_signature(folder: Path) -> Signature:
    """Of all files in the folder and in the folders in it."""
    digest = hashlib.blake2b(digest_size=6)
    newest = [0, 0]
    count = 0
    for place, entry in _files_below(folder):
        signature = _signature_of(entry)
        digest.update(f"{place}/{entry.name} {signature}\n".encode("utf-8", "surrogateescape"))
        newest = [max(pair) for pair in zip(newest, signature[2:] or (0, 0), strict=False)]
        count += 1
    return int.from_bytes(digest.digest()), count, *newest


def _files_below(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for entry in sorted(_entries(folder), key=_name):
        yield "", entry
        if _is_folder(entry):
            yield from ((entry.name, inner) for inner in sorted(_entries(Path(entry.path)), key=_name))


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _signature_of(entry: os.DirEntry[str]) -> Signature:
    try:
        return _signature(entry.stat())
    except OSError:
        return (-1,)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _snapshot(folder: Path) -> Path | None:
    """The downloaded snapshot of a hub's model that is meant: the one refs/main names, else the newest."""
    snapshots = {entry.name: entry for entry in _entries(folder / "snapshots")}
    try:
        revision = read_start(folder / "refs" / "main", 200).decode("utf-8", "replace").strip()
    except BridgeError:
        revision = ""
    newest = max(snapshots.values(), key=_modified, default=None)
    chosen = snapshots.get(revision, newest)
    return Path(chosen.path) if chosen is not None else None


def _modified(entry: os.DirEntry[str]) -> int:
    return (*_signature_of(entry), -1, -1, -1)[2]
