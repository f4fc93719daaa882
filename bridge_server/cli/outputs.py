"""Where results go: looked at before anything is painted, written whole or not at all, and named on standard output."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BridgeError, ErrorCode

if TYPE_CHECKING:
    from ..operations.base import OutputSpec

NO_ROOM = (errno.ENOSPC, errno.EDQUOT) if sys.platform != "win32" else (errno.ENOSPC,)

FILES = {  # of each kind of output, {n} is the variation (from 1), {kind} the kind of picture file
    "layer": ("flat-{n}.{kind}", "layer-{n}.{kind}"),
    "selection": ("mask-{n}.png",),
    "document": ("flat-{n}.{kind}",),
    "text": ("text-{n}.txt",),
}
STACKED = "stacked"  # the kind of a layer that lies in a group with others
TOLD = "result-{n}.json"
LAYER: Mapping[str, str] = {"layer": "layer"}  # the outputs of what paints: their kinds by role


def kinds_of(outputs: Mapping[str, OutputSpec]) -> dict[str, str]:
    """The kind of each output, by its role."""
    return {role: STACKED if output.stack else output.kind for role, output in outputs.items()}


def patterns(outputs: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The files of each role, of outputs whose kinds are given. The first of a kind has its usual names, a layer before
    a document; a further one begins with its role: `large-flat-1.png`. Layers of a group end with the number of
    their role, 1 is the lowest: `layer-1-3.png` is the third of the first variation.
    """
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for role, kind in sorted(outputs.items(), key=lambda output: output[1] != "layer"):
        usual = (f"layer-{{n}}-{role.rpartition('-')[2]}.{{kind}}",) if kind == STACKED else FILES[kind]
        found[role] = tuple(f"{role.replace('/', '-')}-{name}" for name in usual) if taken & {*usual} else usual
        taken |= {*found[role]}
    return found


def names(number: int, kind: str, outputs: Mapping[str, str] = LAYER) -> tuple[str, ...]:
    """The files of variation `number` (from 1) with these outputs; the parameters are the last."""
    files = [pattern for role in patterns(outputs).values() for pattern in role]
    return tuple(pattern.format(n=number, kind=kind) for pattern in [*files, TOLD])


def prepare_folder(
    out: Path, count: int, kind: str, inputs: Iterable[Path], outputs: Mapping[str, str] = LAYER
) -> None:
    """Make the folder, and see that `count` variations with these outputs can be written there without harm.

    Raises BridgeError (invalid_request) where a file or a link of such a name is one of the inputs, where `out` is a
    file, or where nothing can be written.
    """
    if out.exists() and not out.is_dir():
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{out} is a file; --out names a folder.")
    given = [path for path in inputs if path.exists()]
    for number in range(1, count + 1):
        for path in (out / name for name in names(number, kind, outputs)):
            if any(path.exists() and path.samefile(one) for one in given):
                raise BridgeError(
                    ErrorCode.INVALID_REQUEST,
                    f"{path} is the image or the mask that you gave, and would be overwritten. "
                    "Name another folder with --out.",
                )
            if path.is_dir():
                raise BridgeError(ErrorCode.INVALID_REQUEST, f"{path} is a folder, where a result is to be written.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"Nothing can be written to {out}: {error.strerror or error}. Name another folder with --out.",
        ) from None


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """`write` a file beside `path`, then give it the name: what was there before stays if that fails.

    Raises BridgeError (disk_full) where there is no room, OSError that names `path` for the rest.
    """
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        write(part)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise BridgeError(ErrorCode.DISK_FULL, f"There is no room on the disk for {path}.") from error
        raise OSError(error.errno, error.strerror, str(path)) from error


def say_path(path: Path) -> None:
    """Print it. A reader that has gone (`| head -1`) or a full disk must not keep the pictures from being written."""
    try:
        print(path, flush=True)
    except OSError:
        silence_stdout()


def silence_stdout() -> None:
    """Let standard output lead nowhere, so that what is left in its buffer does no harm at the end either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    finally:
        os.close(nowhere)
