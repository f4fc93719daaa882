"""The first fill by example ever: compiled by the worker and by a process beside it, whatever becomes of that one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bridge_server.edit.compiled import processors
from bridge_server.protocol.frame import decode
from bridge_server.protocol.tasks import Task

from .rig import Rig, make_task, photo, square_mask, worker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(processors() < 2, reason="with one processor the worker compiles alone"),
]
ROOT = Path(__file__).parents[2]
READ = """
from bridge_server.edit.fill.exemplar import prepare_fill_in_steps
assert not any(prepare_fill_in_steps())
"""


def task_for(folder: Path, name: str) -> Task:
    return make_task(folder, None, name=name, kind="remove", image=photo(128, 160), mask=square_mask(128, 160))


def into(folder: Path) -> dict[str, str]:
    """The environment of a worker for which nothing was compiled yet."""
    return {"NUMBA_CACHE_DIR": f"{folder / 'compiled'}"}


def helper_of(rig: Rig) -> psutil.Process:
    """The process beside the worker, as soon as it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process(rig.process.pid).children():
            if "bridge_server.worker.preparing" in child.cmdline():
                return child
        time.sleep(0.05)
    raise TimeoutError("no second process compiles")


def test_two_workers_compile_into_one_folder_and_one_of_them_loses_its_help(tmp_path: Path) -> None:
    compiled = into(tmp_path)
    with worker(environment=compiled) as one, worker(environment=compiled) as other:
        tasks = [task_for(tmp_path, "one"), task_for(tmp_path, "other")]
        for rig, task in zip((one, other), tasks, strict=True):
            rig.send("run", task=task.to_json())
        helper_of(one).kill()
        for rig, task in zip((one, other), tasks, strict=True):
            ended = rig.wait_for("done", "failed", "cancelled", task=task.id)
            assert ended["event"] == "done", ended
            assert [event["stage"] for event in rig.of(task.id, "stage")] == ["preparing", "filling"]
            assert psutil.Process(rig.process.pid).children() == []
        layers = [decode(Path(task.artifacts["layer"]).read_bytes()).tensor("image") for task in tasks]
        assert layers[0] == layers[1]
    subprocess.run([sys.executable, "-c", READ], check=True, env={**os.environ, **compiled}, cwd=ROOT)


def test_a_job_is_cancelled_while_it_is_prepared_and_a_worker_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    with worker(environment=into(tmp_path)) as rig:
        task = task_for(tmp_path, "stopped")
        rig.send("run", task=task.to_json())
        helper = helper_of(rig)
        rig.send("cancel", task=task.id)
        assert rig.wait_for("done", "failed", "cancelled", task=task.id)["event"] == "cancelled"
        assert not helper.is_running()
        again = task_for(tmp_path, "again")
        rig.send("run", task=again.to_json())
        helper = helper_of(rig)
        rig.process.kill()
        helper.wait(20)
