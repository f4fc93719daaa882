"""The artifact store over a spool, and variations of which several artifacts are made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge_server.config import Limits
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.executors.base import Done
from bridge_server.executors.scratch import Scratch, put_made
from bridge_server.jobs.artifacts import UNFINISHED, SpoolArtifacts, Stat, artifact_key, request_key
from bridge_server.jobs.memory import MemoryArtifacts
from bridge_server.jobs.spool import Spool
from bridge_server.protocol.messages import JobState
from bridge_server.protocol.tasks import Made, Task

from .desk import Desk, layer, result_frame


def test_what_is_put_is_read_again_and_lies_where_the_spool_looks(tmp_path: Path) -> None:
    spool, store = Spool(tmp_path), SpoolArtifacts(tmp_path)
    spool.create("job")
    places = {
        request_key("job"): spool.request("job"),
        artifact_key("job", "layer", 0): spool.artifact("job", "layer", 0),
        artifact_key("job", "selection", 12): spool.artifact("job", "selection", 12),
        artifact_key("job", "thumbnail", 1): spool.thumbnail("job", 1),
    }
    for number, (key, path) in enumerate(places.items()):
        assert store.stat(key) is None
        with pytest.raises(FileNotFoundError):
            store.open(key)
        assert store.put(key, [b"ab", memoryview(b"c" * number)]) == 2 + number
        assert path.read_bytes() == b"ab" + b"c" * number
        assert store.stat(key) == Stat(2 + number)
        with store.open(key) as file:
            assert file.read() == path.read_bytes()
    assert len(set(places.values())) == len(places) and not list(tmp_path.rglob("*.part"))


NO_KEYS = [
    "",
    "/request",
    "job",
    "job/layer",
    "job/layer/x",
    "job/layer/-1",
    "../request",
    "./request",
    "job/../0",
    "a/b/c/0",
]


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_is_no_key_leads_nowhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(KeyError):
        SpoolArtifacts(tmp_path).path(key)


def task_with_keys() -> Task:
    keys = {"layer": artifact_key("j", "layer", 3)}
    return Task("j/3", "j", 3, 7, None, request_key("j"), keys, artifact_key("j", "unfinished", 3), "j/thumbnail/3")


async def test_a_local_worker_gets_paths(tmp_path: Path) -> None:
    task = task_with_keys()
    async with Scratch(tmp_path / "scratch").on_this_disk(task, SpoolArtifacts(tmp_path)) as local:
        assert (local.request, local.artifacts) == (
            str(tmp_path / "j" / "request.frame"),
            {"layer": str(tmp_path / "j" / "result-3.frame")},
        )
        assert (local.id, local.seed) == (task.id, task.seed) and Task.from_json(local.to_json()) == local
    assert not (tmp_path / "scratch").exists()


async def test_for_a_store_without_files_they_lie_in_a_private_folder_while_a_task_runs(tmp_path: Path) -> None:
    task, store, scratch = task_with_keys(), MemoryArtifacts(100, list), Scratch(tmp_path / "scratch")
    store.put(task.request, [b"asked"])
    async with scratch.on_this_disk(task, store) as local:
        request, made = Path(local.request), Path(local.artifacts["layer"])
        assert request.read_bytes() == b"asked" and request.parent.parent == tmp_path / "scratch"
        assert os.name == "nt" or request.parent.stat().st_mode & 0o077 == 0
        made.write_bytes(b"made")
        outcome = Done((Made("layer", "text/plain", 4, {}),))
        await put_made(outcome, task, local, store)
    assert store.take(task.artifacts["layer"]) == b"made" and not list((tmp_path / "scratch").iterdir())


def test_memory_is_bounded_and_jobs_that_have_ended_make_room() -> None:
    ended: list[str] = ["none", "b", "a"]
    store = MemoryArtifacts(10, lambda: ended)
    store.put("a/layer/0", [b"1234"])
    store.put("b/layer/0", [b"1234"])
    store.promise("c/request", 6)
    assert [store.stat(f"{job}/layer/0") for job in "ab"] == [Stat(4), None] and store.bytes == 10
    store.put("c/request", [b"12", b"3456"])
    for count, code in ((11, ErrorCode.TOO_LARGE), (10, ErrorCode.QUEUE_FULL)):
        with pytest.raises(BridgeError) as refused:
            store.put("d/layer/0", [bytes(count)])
        assert refused.value.code is code
    assert store.stat("a/layer/0") == Stat(4), "what is refused all the same takes no other's memory"
    assert store.take("d/layer/0") is None and store.stat("c/request") == Stat(6)


@pytest.mark.parametrize("whole", [True, False])
async def test_the_artifacts_of_a_variation_are_found_together_or_not_at_all(tmp_path: Path, whole: bool) -> None:
    """A worker that was killed between two of them leaves a file that says so."""
    desk = Desk(tmp_path, Limits())
    job = await desk.add("a")
    await desk.queue.move(job, JobState.LOADING)
    await desk.queue.move(job, JobState.RUNNING)
    for role in ("layer", "selection"):
        result_frame(desk.spool.artifact("a", role, 0), 5)
    if not whole:
        desk.queue.durable.artifacts.put(artifact_key("a", UNFINISHED, 0), [])
    await desk.reopen()
    found = desk.queue.find("c", "a")
    roles = [(made.role, made.index) for made in desk.queue.snapshot(found).artifacts]
    assert roles == ([("layer", 0), ("selection", 0)] if whole else [])
    left = {file.name for file in desk.spool.folder("a").iterdir()}
    results = {"result-0.frame", "result-0.selection.frame"} if whole else set[str]()
    assert left == {"request.frame", "job.json", *results}
    await desk.reopen()
    assert [(made.role, made.index) for made in desk.queue.find("c", "a").artifacts.values()] == roles
    desk.journal.close()


async def test_several_artifacts_of_a_variation_are_one_change_with_an_event_each(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Limits())
    job = await desk.add("a")
    await desk.queue.move(job, JobState.LOADING)
    await desk.queue.move(job, JobState.RUNNING)
    made = [layer(0).model_copy(update={"role": role}) for role in ("layer", "selection")]
    await desk.queue.add_artifacts(job, made)
    told = [event.data["role"] for event in desk.events.of_job("a", 0) if event.type == "artifact"]
    assert told == ["layer", "selection"] and job.seq == desk.events.last
    await desk.queue.add_artifacts(job, [layer(1)])
    await desk.queue.finish(job)
    await desk.reopen()
    found = desk.queue.find("c", "a")
    assert (found.state, sorted(found.artifacts)) == (JobState.DONE, [("layer", 0), ("layer", 1), ("selection", 0)])
    desk.journal.close()


async def test_what_picture_files_take_is_known_after_a_restart(tmp_path: Path) -> None:
    """They are made of jobs that have ended, of which nothing else is written down any more."""
    desk = Desk(tmp_path, Limits())
    job = await desk.add("a")
    await desk.finish(job)
    desk.spool.picture("a", "layer", 0, ".png").write_bytes(bytes(1000))
    await desk.queue.measure(job)
    assert desk.queue.spool_bytes() == desk.spool.size("a")
    await desk.reopen()
    assert desk.queue.spool_bytes() == desk.spool.size("a")
    desk.journal.close()
