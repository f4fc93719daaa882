"""The network that a job names, which belongs to no family: the next start knows it too."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_server.config import Limits
from bridge_server.jobs.stored import read_model
from bridge_server.operations.registry import builtin
from bridge_server.protocol.envelope import JobRequest
from bridge_server.protocol.messages import JobState

from .desk import MODEL, Desk

NETWORKS = [operation.name for operation in builtin().all() if operation.requires.network]


@pytest.mark.parametrize("name", NETWORKS)
async def test_a_job_that_waits_runs_with_it_after_a_restart(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path, Limits())
    version = builtin().get(name).version
    message = {"operation": name, "version": version, "models": [{"model": "m"}]}
    request = JobRequest.model_validate({**message, "document": {"width": 8, "height": 8}})
    await desk.add("a", request=request)
    await desk.reopen()
    job = desk.queue.find("c", "a")
    assert (job.state, job.model, job.other_version) == (JobState.QUEUED, MODEL, False)
    task = desk.queue.next_task()
    assert task is not None and task.model == MODEL
    desk.journal.close()


@pytest.mark.parametrize("name", NETWORKS)
def test_one_that_names_none_has_none(name: str) -> None:
    operation = builtin().get(name)
    assert read_model(None, operation) == (None, True)
    assert read_model({}, operation) == (None, False), "what a folder without a note says"


def test_an_edit_that_was_filled_by_example_is_of_this_version() -> None:
    assert read_model(None, builtin().get("edit")) == (None, True)
