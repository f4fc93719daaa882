"""A small disk that a real daemon lives on, and that a test fills to the last byte.

Where the tests run as root on Linux it is a file system of its own (tmpfs). Elsewhere a disk is pretended: the daemon
is started through `main` below, and while a file called `full` lies in its home everything for which the daemon would
give its ballast meets ENOSPC as long as there is a ballast, and the spool says that nothing is free. That is what
write(2) and statvfs(2) say of a full disk; what other writers meet is not pretended.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bridge_server.config import Limits

DISK_BYTES = 64 * 2**20
RESERVE_BYTES = 16 * 2**20  # what the daemon leaves free, instead of 512 MiB
PRETENDED = "LAYERBRIDGE_TESTS_PRETENDED_DISK"


@dataclasses.dataclass(frozen=True)
class SmallDisk:
    """folder: on the disk, empty at first."""

    folder: Path
    is_real: bool

    def fill(self) -> None:
        """Until not one byte more can be written."""
        if not self.is_real:
            (self.folder / "full").touch()
            return
        with (self.folder / "filler").open("ab", buffering=0) as file:
            for size in (2**20, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def make_room(self) -> None:
        (self.folder / ("filler" if self.is_real else "full")).unlink()

    @property
    def environment(self) -> dict[str, str]:
        return {} if self.is_real else {PRETENDED: str(self.folder / "full")}


@contextlib.contextmanager
def small_disk() -> Iterator[SmallDisk]:
    folder = Path(tempfile.mkdtemp(prefix="layerbridge-disk-"))
    is_real = _mount(folder)
    try:
        yield SmallDisk(folder, is_real)
    finally:
        if is_real:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def _mount(folder: Path) -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    options = f"size={DISK_BYTES},mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pretend(full: Path) -> None:
    """See the module."""
    from bridge_server.jobs.ballast import Ballast
    from bridge_server.jobs.spool import Spool

    with_room, free = Ballast.with_room, Spool.free

    def without_room(self: Ballast, operation: Callable[[], Any]) -> Any:
        def attempt() -> Any:
            if full.exists() and self._path.exists():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return operation()

        return with_room(self, attempt)

    Ballast.with_room = without_room
    Spool.free = lambda self: 0 if full.exists() else free(self)


def main() -> int:
    """`layerbridge` with a reserve that is right for a small disk."""
    from bridge_server.cli import serve
    from bridge_server.cli.main import main as run

    told = serve.serve_options

    def with_small_reserve(*arguments: Any) -> Any:
        return dataclasses.replace(told(*arguments), limits=Limits(free_disk_bytes=RESERVE_BYTES))

    serve.serve_options = with_small_reserve
    if os.environ.get(PRETENDED):
        pretend(Path(os.environ[PRETENDED]))
    return run()


if __name__ == "__main__":
    sys.exit(main())
