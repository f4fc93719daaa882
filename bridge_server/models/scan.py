"""Looks through folders for models: each folder once, each file's status once, each header once as long as it does not
change (standard library only).
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.registry import FamilyRegistry
from .checkpoints import SUFFIX, describe_checkpoint, sidecar_name
from .described import Model, refused, with_known_hash
from .folders import describe_folder
from .hashes import Known
from .parts import INDEX_NAME
from .reading import read_start, why_not

log = logging.getLogger(__name__)

PICKLES = (".ckpt", ".pt", ".pth", ".bin")
OTHER_FORMATS = (".gguf", ".onnx")
MAX_DEPTH = 4  # folders within folders that are looked through: kind / maker / model is three
MAX_FILES = 20_000  # a folder with more is not a folder of models; reading on would only keep the painter waiting
MAX_ENTRIES = 200_000  # of any kind: the same, for somebody's whole disk
NO_TEXT = "its name is not text in UTF-8. Rename it."

Signature = tuple[int, ...]
Memory = dict[str, tuple[Signature, Model]]  # path of a file -> what it was when it was read, and what was read


class Scan:
    """One look at some folders. known: hashes of weights. before: what an earlier look remembers. families: those that
    there are. seen: places that are not listed again. fresh: what this look remembers.
    """

    def __init__(self, known: Known, before: Memory, families: FamilyRegistry, seen: Sequence[Path] = ()) -> None:
        self.fresh: Memory = {}
        self._families = families
        self._known = known
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
            yield self._guarded(folder, lambda: describe_folder(folder, folder.name, self._known, self._families))
        elif folder.name.startswith("models--"):
            yield from self._hub_download(folder)
        else:
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
        if suffix != SUFFIX and suffix not in PICKLES and suffix not in OTHER_FORMATS:
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
        elif suffix == SUFFIX:
            yield self._checkpoint(path, status, entries.get(sidecar_name(entry.name)))
        else:
            yield _not_safetensors(path, suffix, status.st_size)

    def _checkpoint(self, path: Path, status: os.stat_result, beside: os.DirEntry[str] | None) -> Model:
        signature = _signature(status)
        if beside is not None:
            signature += _signature_of(beside)
        place = str(path)
        remembered = self._before.get(place)
        if remembered is None or remembered[0] != signature:
            model = self._guarded(
                path, lambda: describe_checkpoint(path, self._families, has_sidecar=beside is not None)
            )
            remembered = signature, model
        self.fresh[place] = remembered
        return with_known_hash(remembered[1], [path], self._known)

    def _hub_download(self, folder: Path) -> Iterator[Model]:
        """The model in `models--org--name`: the snapshot that refs/main names, else the newest. Others than pipelines
        (tokenizers, single components) are passed over.
        """
        name = folder.name.removeprefix("models--").replace("--", "/")
        snapshot = _snapshot(folder)
        if snapshot is None:
            return
        if (snapshot / INDEX_NAME).exists():
            yield self._guarded(folder, lambda: describe_folder(snapshot, name, self._known, self._families))
            return
        entries = {entry.name: entry for entry in _entries(snapshot)}
        for file in sorted(name for name in entries if name.lower().endswith(SUFFIX)):
            yield from self._entry(snapshot, os.path.realpath(snapshot), entries[file], entries, 0)

    def _guarded(self, path: Path, describe: Callable[[], Model]) -> Model:
        """The last resort: a fault of ours in one model must not hide the others, nor end the daemon."""
        try:
            return describe()
        except Exception:
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


def _not_safetensors(file: Path, suffix: str, size: int) -> Model:
    if suffix in OTHER_FORMATS:
        note = f"{file.name} is of a kind that Layerbridge cannot read. Get the model's .safetensors version."
        return refused(file.stem, file, "file", "", ErrorCode.UNSUPPORTED, note, size)
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
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


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
    signature = _signature_of(entry)
    return signature[-1]
