"""A task whose request is still being written for its worker, which has not heard of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from bridge_server.executors.base import Cancelled
from bridge_server.executors.local import LocalExecutor
from bridge_server.jobs.artifacts import artifact_key, request_key
from bridge_server.jobs.memory import MemoryArtifacts
from bridge_server.protocol.tasks import Task

QUICK = """
import json, sys

def tell(**message):
    print(json.dumps(message), flush=True)

tell(event="ready", device="cpu", memory_bytes=None, torch="")
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "run":
        tell(event="done", task=asked["task"]["id"], steps_run=0, artifacts=[])
"""


class Watched(MemoryArtifacts):
    """A store that tells when the request of a task is read."""

    def __init__(self, on_open: Callable[[], None]) -> None:
        super().__init__(1000, list)
        self._on_open = on_open

    def open(self, key: str) -> BinaryIO:
        self._on_open()
        return super().open(key)


@pytest.fixture
async def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalExecutor]:
    """With a worker that has done a task as soon as it hears of it."""
    (tmp_path / "quick_worker.py").write_text(QUICK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = LocalExecutor(
        ["cpu"],
        idle_unload_seconds=0,
        log_path=tmp_path / "worker.log",
        model_store=tmp_path / "h.json",
        scratch=tmp_path / "scratch",
        module="quick_worker",
    )
    await made.start()
    yield made
    await made.close()


async def test_it_is_cancelled(executor: LocalExecutor, tmp_path: Path) -> None:
    keys = {"layer": artifact_key("j", "layer", 0)}
    task = Task("j/0", "j", 0, 7, None, request_key("j"), keys, artifact_key("j", "unfinished", 0), None, durable=False)
    store = Watched(lambda: executor.cancel(task.id))
    store.put(task.request, [b"asked"])
    assert isinstance(await executor.run(task, store, lambda _: None), Cancelled)
    assert not list((tmp_path / "scratch").iterdir())
