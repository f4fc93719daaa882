"""The artifact store: what a task reads and what it makes, by keys. Its local form is the spool.

Tasks carry keys. An executor whose workers share this disk turns them into paths; one whose workers do not opens what
is to be read and puts what was made, and knows nothing of folders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from ..durable import write_whole
from ..protocol.frame import Buffer
from .notes import REQUEST, artifact_name, thumbnail_name, unfinished_name

THUMBNAIL = "thumbnail"
UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Stat:
    """What is known of an artifact without opening it. bytes: its length."""

    bytes: int


class ArtifactStore(Protocol):
    """Raises OSError as a disk does, and KeyError for what is no key."""

    def put(self, key: str, parts: Iterable[Buffer]) -> int:
        """Keep `parts`; whole and durable when this returns, or not there at all. Gives the length in bytes."""
        ...

    def open(self, key: str) -> BinaryIO:
        """To read from. Raises FileNotFoundError."""
        ...

    def stat(self, key: str) -> Stat | None:
        """None where there is nothing."""
        ...

    def path(self, key: str) -> Path | None:
        """The file it is in, or will be in; None where this machine has no such file."""
        ...


def request_key(job: str) -> str:
    return f"{job}/request"


def artifact_key(job: str, role: str, index: int) -> str:
    """role: one of the operation's outputs, THUMBNAIL, or UNFINISHED (is there while some of a variation's are not)."""
    return f"{job}/{role}/{index}"


@dataclass(frozen=True)
class SpoolArtifacts:
    """The store in the spool's folders. root: that of the spool."""

    root: Path

    def put(self, key: str, parts: Iterable[Buffer]) -> int:
        return write_whole(self.path(key), parts)

    def open(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def stat(self, key: str) -> Stat | None:
        try:
            return Stat(self.path(key).stat().st_size)
        except FileNotFoundError:
            return None

    def path(self, key: str) -> Path:
        job, *what = key.split("/")
        match what:
            case ["request"]:
                name = REQUEST
            case [role, index] if index.isdecimal():
                named = {THUMBNAIL: thumbnail_name, UNFINISHED: unfinished_name}.get(role)
                name = named(int(index)) if named else artifact_name(role, int(index))
            case _:
                raise KeyError(key)
        if not job or {"..", "."} & {job, *what} or "\\" in key:
            raise KeyError(key)
        return self.root / job / name
