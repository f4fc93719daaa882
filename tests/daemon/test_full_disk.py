"""A real daemon on a disk that is full to the last byte: it starts, tells its state, and old jobs can be deleted."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from bridge_server.jobs.ballast import BALLAST_BYTES, LEAST_BYTES, Ballast
from tests.cli.shell import Shell
from tests.support.daemon import Daemon
from tests.support.requests import frame
from tests.support.small_disk import SmallDisk, small_disk

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk() as made:
        yield made


@pytest.fixture
def daemon(disk: SmallDisk) -> Iterator[Daemon]:
    """One that has run on the disk, painted two pictures and kept its ballast."""
    environment = {**disk.environment, "PYTHONPATH": str(REPOSITORY)}  # the tests are not installed
    made = Daemon(disk.folder, environment, module="tests.support.small_disk")
    made.start()
    try:
        for key in ("one", "two"):
            assert made.wait(made.submit(frame(), key=key)["id"])["state"] == "done"
        until(lambda: is_kept(disk.folder / "ballast"))
        yield made
    finally:
        made.stop()


def until(holds: Callable[[], bool], timeout: float = 240.0) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)


def jobs_of(daemon: Daemon) -> list[str]:
    return [job["id"] for job in daemon.call("GET", "/v1/jobs")["jobs"]]


def is_kept(path: Path) -> bool:
    """Half of what was free lies in the ballast: the daemon, which writes it bit by bit, has written all of it."""
    if not path.exists():
        return False
    size = path.stat().st_size
    return size >= max(LEAST_BYTES, min(BALLAST_BYTES, shutil.disk_usage(path.parent).free - LEAST_BYTES))


def keep_ballast(path: Path) -> None:
    """As the daemon does by itself within a minute, perhaps at this very moment."""
    with contextlib.suppress(OSError):
        Ballast(path).fill()
    until(lambda: is_kept(path))


def check_refused(daemon: Daemon) -> None:
    with pytest.raises(HTTPError) as caught:
        daemon.submit(frame())
    said = json.loads(caught.value.read())
    assert (caught.value.code, said["code"]) == (507, "disk_full")
    assert "delete old jobs in History" in said["message"]


def test_a_full_disk_keeps_nobody_from_starting_looking_and_deleting(disk: SmallDisk, daemon: Daemon) -> None:
    kept = jobs_of(daemon)
    token = daemon.call("POST", "/v1/pair", {"code": daemon.secret, "client": "GIMP"})["token"]
    for end in (daemon.stop, daemon.kill):
        end()
        disk.fill()
        daemon.start()
        assert jobs_of(daemon) == kept
        assert daemon.call("GET", "/v1/status")["jobs"]["done"] == len(kept)
        assert daemon.call("GET", "/v1/jobs", token=token)["jobs"] == []
        check_refused(daemon)
        until(lambda: is_kept(disk.folder / "ballast"))
        disk.fill()
        gone = kept.pop()
        daemon.call("DELETE", f"/v1/jobs/{gone}")
        assert not (disk.folder / "spool" / gone).exists()
        assert jobs_of(daemon) == kept
        keep_ballast(disk.folder / "ballast")
    disk.make_room()
    assert daemon.wait(daemon.submit(frame())["id"])["state"] == "done"
    daemon.stop()
    daemon.start()
    assert len(jobs_of(daemon)) == 1, "no deleted job comes back"


def test_where_nothing_was_kept_a_start_says_what_to_do(disk: SmallDisk) -> None:
    """A home that no daemon has run in has no ballast."""
    if not disk.is_real:
        (disk.folder / "spool").write_bytes(b"")
    disk.fill()
    shell = Shell(disk.folder)
    ended = shell("serve", "--port", "0", "--device", "cpu")
    assert ended.returncode == 1
    assert "Free some space" in ended.stderr or not disk.is_real
    assert len(ended.stderr.splitlines()) == 1
