"""What is on the disk before a worker says that a variation is done: the order of syncs and renames."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge_server.families.registry import builtin
from bridge_server.operations.base import OutputSpec
from bridge_server.operations.registry import Registry
from bridge_server.pipelines.memory import choose_device
from bridge_server.protocol.messages import FRAME
from bridge_server.worker.channel import Channel, Commands
from bridge_server.worker.main import Known, Worker
from bridge_server.worker.operations.base import Artifact, RunContext
from bridge_server.worker.runner import run_task
from bridge_server.worker.watch import TaskWatch
from tests.operations.toy import TOY
from tests.support.disk_order import DiskOrder

from .rig import make_task, photo, ref_of
from .test_runners import no_model


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
    worker = Worker(choose_device("cpu"), Channel(Listener(order)), Commands(io.BytesIO()), 0.0, None, Known(), None)
    worker._run(task)
    thumbnail, result = (
        [f"sync {name}.part", f"rename {name}.part -> {name}", "sync JOB"] for name in ("t1.jpg", "t1.layer")
    )
    assert order.steps == [*thumbnail, *result, "done"]


def test_all_artifacts_are_there_after_a_power_cut_before_the_task_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "spool" / "a"
    folder.mkdir(parents=True)
    outputs = {role: OutputSpec("layer", role) for role in ("layer", "selection")}
    task = make_task(folder, None, kind="toy", image=photo(8, 9))
    task = replace(task, artifacts={role: str(folder / f"t1.{role}") for role in outputs})

    def several(context: RunContext, params: Any, inputs: Any) -> Iterator[Artifact]:
        for role in outputs:
            yield Artifact(role, 0, FRAME, [role.encode()])

    order, unlink = DiskOrder(tmp_path, monkeypatch), os.unlink

    def noted(path: Any, **options: Any) -> None:
        unlink(path, **options)
        order.steps.append(f"unlink {Path(path).name}")

    monkeypatch.setattr(os, "unlink", noted)
    watch = TaskWatch(task.id, Channel(io.BytesIO()), threading.Event())
    run_task(task, no_model, watch, builtin(), Registry([replace(TOY, outputs=outputs)]), {"toy": several})
    renamed = "rename t1.selection.part -> t1.selection"
    assert order.steps[-4:] == [renamed, "sync JOB", "unlink t1.unfinished", "sync JOB"]
