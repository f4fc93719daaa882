"""Real workers that stand still: stopped by a signal, stuck in a step, stuck in a load that nobody wants."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge_server.executors.base import Cancelled, Done, Failed, Outcome
from bridge_server.executors.local import LocalExecutor
from bridge_server.executors.watchdog import Limits
from bridge_server.jobs.artifacts import SpoolArtifacts
from bridge_server.protocol.tasks import Task
from tests.support.tiny import build_tiny
from tests.worker.rig import make_task, ref_of

PATIENCE_SECONDS = 240.0
STUCK = """
import time
from bridge_server.pipelines import stamps
from bridge_server.worker.watch import TaskWatch

tell_step, look = TaskWatch.step, stamps.stamps_of

def step(self, number, steps):
    tell_step(self, number, steps)
    while self._task.startswith("stuck"):
        time.sleep(0.1)

def stamps_of(root, *parts):
    while root.name.startswith("stuck"):
        time.sleep(0.1)
    return look(root, *parts)

TaskWatch.step, stamps.stamps_of = step, stamps_of
"""


class Paths(SpoolArtifacts):
    """A store whose keys are paths, as the tasks here have them."""

    def path(self, key: str) -> Path:
        return Path(key)


class Run:
    """One task on its way; `until` waits for a message of it."""

    def __init__(self, executor: LocalExecutor, task: Task) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        running = executor.run(task, Paths(Path()), self._messages.put_nowait)
        self.outcome: asyncio.Task[Outcome] = asyncio.create_task(running)

    async def until(self, event: str) -> None:
        while True:
            message = asyncio.create_task(self._messages.get())
            await asyncio.wait({message, self.outcome}, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            assert message.done(), f"no {event}: {self.outcome}"
            if message.result()["event"] == event:
                return

    async def end(self) -> Outcome:
        return await asyncio.wait_for(self.outcome, PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny(tmp_path_factory.mktemp("models") / "plain", inpaint=False)


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers get stuck in the first step of tasks, and in the load of models, that are called stuck."""
    folder = tmp_path / "hook"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(STUCK)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def executor_of(folder: Path, limits: Limits) -> LocalExecutor:
    return LocalExecutor(
        ["cpu"], idle_unload_seconds=0, log_path=folder / "worker.log", model_store=folder / "h.json", limits=limits
    )


def pid_of(executor: LocalExecutor) -> int:
    pid = executor.devices()[0].pid
    assert pid is not None
    return pid


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize("how", ["stuck", "stopped"])
def test_a_worker_that_stands_still_in_a_step_fails_its_task_and_the_next_runs(
    tmp_path: Path, model: Path, how: str
) -> None:
    if how == "stopped" and sys.platform == "win32":
        return  # there is no such signal

    async def story() -> None:
        executor = executor_of(tmp_path, Limits(step=5.0, steps=1.0, tick=0.2))
        await executor.start()
        try:
            task = make_task(tmp_path, ref_of(model), name=how, kind="txt2img", steps=150)
            run = Run(executor, task)
            await run.until("step")
            first = pid_of(executor)
            if how == "stopped":
                os.kill(first, signal.SIGSTOP)
            outcome = await run.end()
            assert isinstance(outcome, Failed) and outcome.error.code == "worker_unresponsive"
            assert "stood still" in outcome.error.message and "Try again" in outcome.error.message
            after = Run(executor, make_task(tmp_path, ref_of(model), name="after", kind="txt2img", steps=1))
            assert isinstance(await after.end(), Done)
            assert pid_of(executor) != first
        finally:
            await executor.close()

    asyncio.run(story())


@pytest.mark.usefixtures("hook")
def test_a_load_that_nobody_wants_is_ended_and_the_next_task_runs(tmp_path: Path, model: Path) -> None:
    async def story() -> None:
        executor = executor_of(tmp_path, Limits(in_the_way=1.0, tick=0.2))
        await executor.start()
        try:
            stuck = ref_of(model, name="stuck", path=str(tmp_path / "stuck"))
            (tmp_path / "stuck").mkdir()
            run = Run(executor, make_task(tmp_path, stuck, name="unwanted", kind="txt2img", steps=1))
            while executor.devices()[0].state != "busy":
                await asyncio.sleep(0.05)
            first = pid_of(executor)
            await asyncio.sleep(1.0)  # for the load to begin; it does no harm where it has not
            executor.cancel("unwanted")
            assert isinstance(await run.end(), Cancelled)
            after = Run(executor, make_task(tmp_path, ref_of(model), name="after", kind="txt2img", steps=1))
            assert isinstance(await after.end(), Done)
            assert pid_of(executor) != first
        finally:
            await executor.close()

    asyncio.run(story())
