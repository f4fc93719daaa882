"""A real daemon whose journal has a destroyed page: it starts, keeps History, and its owner is told everywhere."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.shell import Shell
from tests.support.daemon import Daemon
from tests.support.requests import frame

PAGE = 4096


def test_it_starts_and_its_owner_is_told(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    job = daemon.submit(frame())["id"]
    assert daemon.wait(job)["state"] == "done"
    result = daemon.call("GET", f"/v1/jobs/{job}/artifacts/layer/0")
    daemon.stop()
    journal = daemon.home / "journal.sqlite3"
    raw = journal.read_bytes()
    destroyed = raw[:PAGE] + b"\xff" * (len(raw) - PAGE)
    journal.write_bytes(destroyed)
    kept = daemon.home / "quarantine" / "0000000000-00000000000000aa"
    kept.mkdir(parents=True)
    (daemon.home / "runtime.jsonab12_xyz").write_text("{")
    daemon.start()
    shell = Shell(daemon.home)
    status = shell("status").stdout
    assert "  look: The job journal was damaged" in status
    assert f"  look: {kept.parent} holds 1 folder(s)" in status
    assert not (daemon.home / "runtime.jsonab12_xyz").exists()
    said = shell("doctor").stdout
    assert "  look    The job journal was damaged" in said
    (damaged,) = daemon.home.glob("journal.damaged-*.sqlite3")
    assert str(damaged) in said
    assert damaged.read_bytes() == destroyed
    assert daemon.call("GET", f"/v1/jobs/{job}/artifacts/layer/0") == result
    daemon.stop()
    said = shell("doctor").stdout
    assert f"damaged file(s) are kept: {damaged}" in said
    assert "30 days" in said
    daemon.start()
    assert "damaged" not in shell("status").stdout, "it is sound again"
