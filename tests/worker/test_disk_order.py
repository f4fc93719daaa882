"""What is on the disk before a worker says that a variation is done: the order of syncs and renames."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from bridge_server.families.registry import builtin
from bridge_server.pipelines.memory import choose_device
from bridge_server.worker.channel import Channel, Commands
from bridge_server.worker.main import Worker
from tests.support.disk_order import DiskOrder

from .rig import make_task, ref_of


class Listener(io.BytesIO):
    """The daemon's end of the pipe."""

    def __init__(self, order: DiskOrder) -> None:
        super().__init__()
        self._order = order

    def write(self, line: bytes) -> int:  # type: ignore[override]
        event = json.loads(line)["event"]
        if event in ("done", "failed", "cancelled"):
            self._order.steps.append(event)
        return len(line)


def test_a_result_is_on_the_disk_before_it_is_done(
    tmp_path: Path, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "spool" / "a"
    folder.mkdir(parents=True)
    task = make_task(folder, ref_of(tiny_models["plain"]), kind="txt2img", steps=1)
    order = DiskOrder(tmp_path, monkeypatch)
    worker = Worker(choose_device("cpu"), Channel(Listener(order)), Commands(io.BytesIO()), 0.0, None, builtin())
    worker._run(task)
    thumbnail, result = (
        [f"sync {name}.part", f"rename {name}.part -> {name}", "sync JOB"] for name in ("t1.jpg", "t1.result")
    )
    assert order.steps == [*thumbnail, *result, "done"]
