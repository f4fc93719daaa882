"""Nobody waits for another program's queue: a real queue, journal and dispatcher, and the same through HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge_server.config import Limits, ServeOptions, find_home
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.executors.base import Slot
from bridge_server.executors.dispatch import Dispatcher
from bridge_server.executors.registry import make_executor
from bridge_server.jobs.lanes import Lane
from bridge_server.protocol.messages import JobState
from tests.jobs.desk import REQUEST, Desk
from tests.support.app import open_face
from tests.support.hand import HandExecutor
from tests.support.requests import frame

MANY = 200
LIMITS = Limits(queued_jobs=2 * MANY + 10)
ONE = REQUEST.changed(params={"seed": 5})


@contextlib.asynccontextmanager
async def dispatching(dispatcher: Dispatcher) -> AsyncIterator[None]:
    running = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        await dispatcher.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_single_job_waits_for_the_task_that_runs_and_no_other(tmp_path: Path) -> None:
    desk, executor = Desk(tmp_path, LIMITS), HandExecutor()
    for number in range(MANY):
        await desk.add(f"script-{number}", client="script", request=ONE)
    async with dispatching(Dispatcher(desk.queue, executor)):
        await executor.until_started(1)
        single = await desk.add("single", client="painter", request=ONE)
        last = await desk.add("last", client="script", request=ONE)
        assert desk.queue.snapshot(single).position == 0
        assert desk.queue.snapshot(last).position == MANY
        for number in range(4):
            executor.end((await executor.until_started(number + 1))[number])
        started = await executor.until_started(5)
        assert [task.job for task in started] == ["script-0", "single", "script-1", "script-2", "script-3"]
        assert single.state is JobState.DONE
    desk.journal.close()


async def test_variations_of_one_job_let_others_in_between(tmp_path: Path) -> None:
    desk, executor = Desk(tmp_path, LIMITS), HandExecutor()
    await desk.add("many", client="a", request=REQUEST.changed(params={"seed": 5, "num_images": 4}))
    async with dispatching(Dispatcher(desk.queue, executor)):
        await executor.until_started(1)
        for name in ("one", "two"):
            await desk.add(name, client="b", request=ONE)
        for number in range(5):
            executor.end((await executor.until_started(number + 1))[number])
        started = await executor.until_started(6)
        assert [task.job for task in started] == ["many", "one", "many", "two", "many", "many"]
    desk.journal.close()


async def test_through_http(tmp_path: Path) -> None:
    executor = HandExecutor()
    async with open_face(tmp_path, LIMITS, executors={"hand": lambda _options: executor}, executor="hand") as face:
        script, painter = await face.pair("Script"), await face.pair("GIMP")
        content = b"".join(bytes(part) for part in frame("txt2img", side=64))

        async def submit(token: str) -> str:
            status, answer, _ = await face.ask("POST", "/v1/jobs", content, token=token)
            assert status == 202, answer
            return answer["id"]

        first = await submit(script)
        async with dispatching(face.services.dispatcher):
            await executor.until_started(1)
            for _ in range(MANY):
                await submit(script)
            single = await submit(painter)
            _, reply, _ = await face.ask("GET", f"/v1/jobs/{single}", token=painter)
            assert reply["job"]["position"] == 0
            executor.end(executor.started[0])
            executor.end((await executor.until_started(2))[1])
            await executor.until_started(3)
            _, reply, _ = await face.ask("GET", f"/v1/jobs/{single}", token=painter)
            assert reply["job"]["state"] == "done"
            _, page, _ = await face.ask("GET", "/v1/jobs?state=done", token=script)
            assert [job["id"] for job in page["jobs"]] == [first]


async def test_training_holds_up_no_painting_where_slots_serve_their_lanes(tmp_path: Path) -> None:
    slots = (Slot("paint", "gpu", lanes=frozenset({Lane.PAINT})), Slot("train", "gpu", lanes=frozenset({Lane.TRAIN})))
    desk = Desk(tmp_path, LIMITS, lambda kind: Lane.TRAIN if kind == "txt2img" else Lane.PAINT)
    executor = HandExecutor(slots)
    for name in ("train-1", "train-2"):
        await desk.add(name, request=ONE)
    async with dispatching(Dispatcher(desk.queue, executor)):
        await executor.until_started(1)
        await desk.add("paint", request=ONE.changed(operation="img2img"))
        started = await executor.until_started(2)
        assert [task.job for task in started] == ["train-1", "paint"]
        executor.end(started[1])
        executor.end(started[0])
        assert (await executor.until_started(3))[2].job == "train-2"
    desk.journal.close()


async def test_a_task_goes_only_where_its_family_runs(tmp_path: Path) -> None:
    desk, executor = Desk(tmp_path, LIMITS), HandExecutor((Slot("other", "gpu", families=frozenset({"sdxl"})),))
    await desk.add("sd1", request=ONE)
    async with dispatching(Dispatcher(desk.queue, executor)):
        await desk.add("sdxl", request=ONE, family="sdxl")
        assert [task.job for task in await executor.until_started(1)] == ["sdxl"]
    assert desk.queue.find("c", "sd1").state is JobState.QUEUED
    desk.journal.close()


@pytest.mark.parametrize("name", ["", "ray", "Local"])
def test_an_executor_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(BridgeError, match="--executor takes one of: local") as caught:
        make_executor(ServeOptions(find_home(), executor=name))
    assert caught.value.code is ErrorCode.UNSUPPORTED
