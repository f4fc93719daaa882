"""Cancelling in every state, and never another job; a worker that does not answer is replaced."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from tests.support.daemon import Daemon
from tests.support.requests import frame
from tests.support.soon import soonest

LONG = {"steps": 150}


def cancel(daemon: Daemon, job: str) -> dict[str, Any]:
    return daemon.call("POST", f"/v1/jobs/{job}/cancel")


def seconds_to_cancel(daemon: Daemon, job: str) -> float:
    started = time.monotonic()
    cancel(daemon, job)
    assert daemon.wait(job)["state"] == "cancelled"
    return time.monotonic() - started


def test_cancel_while_running_stops_within_a_step_and_spares_the_next(daemon: Daemon) -> None:
    def stopped() -> float:
        running = daemon.submit(frame(num_images=2, **LONG))["id"]
        waiting = daemon.submit(frame())["id"]
        daemon.wait_for(running, "running")
        took = seconds_to_cancel(daemon, running)
        assert daemon.wait(waiting)["state"] == "done"
        return took

    assert soonest(stopped, 5.0) < 5.0


def test_cancel_while_queued_never_touches_the_running_one(daemon: Daemon) -> None:
    running = daemon.submit(frame(steps=40))["id"]
    queued = daemon.submit(frame())["id"]
    assert cancel(daemon, queued)["state"] == "cancelled"
    assert daemon.wait(running)["state"] == "done"
    assert daemon.call("GET", f"/v1/jobs/{queued}")["job"]["artifacts"] == []


def test_cancel_after_the_end_changes_nothing(daemon: Daemon) -> None:
    job = daemon.submit(frame())["id"]
    daemon.wait(job)
    assert cancel(daemon, job)["state"] == "done"
    assert cancel(daemon, job)["state"] == "done"
    assert len(daemon.call("GET", f"/v1/jobs/{job}")["job"]["artifacts"]) == 1


def test_cancel_while_the_worker_starts_frees_the_job_at_once(make_daemon: Callable[..., Daemon]) -> None:
    def freed() -> float:
        daemon = make_daemon()
        job = daemon.submit(frame())["id"]
        daemon.wait_for(job, "loading")
        took = seconds_to_cancel(daemon, job)
        assert daemon.wait(daemon.submit(frame())["id"])["state"] == "done"
        return took

    assert soonest(freed, 1.0) < 1.0


def test_variations_finished_before_a_cancel_stay(daemon: Daemon) -> None:
    job = daemon.submit(frame(steps=30, num_images=4))["id"]
    while not daemon.call("GET", f"/v1/jobs/{job}")["job"]["artifacts"]:
        time.sleep(0.02)
    cancel(daemon, job)
    ended = daemon.wait(job)
    assert ended["state"] == "cancelled"
    assert 1 <= len(ended["artifacts"]) < 4
    assert daemon.call("GET", f"/v1/jobs/{job}/artifacts/layer/0")


def test_a_worker_that_ignores_a_cancel_is_replaced(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    job = daemon.submit(frame(**LONG))["id"]
    daemon.wait_for(job, "running")
    stuck = daemon.worker_pid()
    os.kill(stuck, signal.SIGSTOP)
    cancel(daemon, job)
    next_job = daemon.submit(frame())["id"]
    assert daemon.wait(job, timeout=240)["state"] == "cancelled"
    assert daemon.wait(next_job)["state"] == "done"
    assert daemon.worker_pid() != stuck
