"""Killing real processes: what a user loses (nothing that was finished) and is told."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import psutil
import pytest

from tests.support.daemon import Daemon
from tests.support.requests import frame

LONG = {"steps": 150}


def test_a_killed_worker_fails_only_its_task_and_the_next_runs(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    job = daemon.submit(frame(num_images=3, **LONG))["id"]
    other = daemon.submit(frame())["id"]
    daemon.watch(job, lambda now: now["progress"]["task"] == 1 and now["progress"]["step"] in range(1, 100))
    os.kill(daemon.worker_pid(), signal.SIGKILL)
    ended = daemon.wait(job)
    assert ended["state"] == "failed"
    assert ended["error"]["code"] == "worker_died"
    assert "memory" in ended["error"]["message"]
    assert [info["index"] for info in ended["artifacts"]] == [0, 2]
    assert daemon.wait(other)["state"] == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit the memory of a process that runs already")
def test_memory_that_runs_out_fails_one_job_with_a_remedy_and_the_worker_goes_on(
    make_daemon: Callable[..., Daemon],
) -> None:
    import resource

    daemon = make_daemon()
    daemon.wait(daemon.submit(frame())["id"])
    worker = daemon.worker_pid()
    used = psutil.Process(worker).memory_info().vms
    resource.prlimit(worker, resource.RLIMIT_AS, (used + 400 * 2**20, resource.RLIM_INFINITY))
    ended = daemon.wait(daemon.submit(frame("img2img", side=4096))["id"])
    assert (ended["state"], ended["error"]["code"]) == ("failed", "out_of_memory")
    assert "smaller area" in ended["error"]["message"]
    assert daemon.wait(daemon.submit(frame())["id"])["state"] == "done"
    assert daemon.worker_pid() == worker


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_no_worker_outlives_its_daemon(make_daemon: Callable[..., Daemon], how: str) -> None:
    daemon = make_daemon()
    job = daemon.submit(frame(**LONG))["id"]
    daemon.wait_for(job, "running")
    worker = psutil.Process(daemon.worker_pid())
    getattr(daemon, how)()
    assert psutil.wait_procs([worker], timeout=240)[1] == []


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_after_a_restart_nothing_is_lost(make_daemon: Callable[..., Daemon], how: str) -> None:
    daemon = make_daemon()
    finished = daemon.submit(frame(), key="kept")["id"]
    daemon.wait(finished)
    before = daemon.call("GET", f"/v1/jobs/{finished}/artifacts/layer/0")
    running = daemon.submit(frame(**LONG))["id"]
    queued = daemon.submit(frame(prompt="green apple"))["id"]
    daemon.wait_for(running, "running")
    last_seq = daemon.call("GET", f"/v1/jobs/{running}")["job"]["seq"]
    getattr(daemon, how)()
    daemon.start()
    assert daemon.call("GET", f"/v1/jobs/{finished}/artifacts/layer/0") == before
    interrupted = daemon.call("GET", f"/v1/jobs/{running}")["job"]
    assert (interrupted["state"], interrupted["error"]["code"]) == ("failed", "interrupted")
    assert "History" in interrupted["error"]["message"]
    assert daemon.wait(queued)["state"] == "done"
    again = daemon.call("POST", f"/v1/jobs/{running}/resubmit")["id"]
    assert daemon.call("GET", f"/v1/jobs/{again}")["job"]["request"]["params"]["steps"] == 150
    assert daemon.call("GET", f"/v1/jobs/{again}")["job"]["seq"] > last_seq
    daemon.call("POST", f"/v1/jobs/{again}/cancel")
    assert daemon.submit(frame(), key="kept")["id"] == finished


def test_a_killed_daemon_leaves_no_half_uploads_and_a_new_one_starts(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    daemon.kill()
    orphan = daemon.home / "spool" / "0000000000-00000000000000aa"
    orphan.mkdir()
    (orphan / "request.frame.part").write_bytes(b"half")
    daemon.start()
    assert not orphan.exists()


def test_a_worker_that_cannot_start_says_so(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(PYTHONPATH=_broken_torch())
    ended = daemon.wait(daemon.submit(frame())["id"], timeout=60)
    assert ended["error"]["code"] == "worker_unavailable"
    assert "the library torch cannot be loaded (libtorch_cpu.so: cannot open" in ended["error"]["message"]
    assert "layerbridge doctor" in ended["error"]["message"]


def _broken_torch() -> str:
    """A folder whose `torch` fails to import, as a damaged installation does."""
    import tempfile
    from pathlib import Path

    folder = Path(tempfile.mkdtemp(prefix="layerbridge-torch-"))
    (folder / "torch.py").write_text("raise ImportError('libtorch_cpu.so: cannot open shared object file')\n")
    return str(folder)
