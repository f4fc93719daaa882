"""How long a caller waits for the daemon's event loop while many others wait for events.

    python -m bench.eventloop [seconds]

300 long-polls on ten jobs and 100 WebSockets, all of one client; every job tells two steps and a preview a second, with
a full ring of events behind it. Meanwhile `hello` is asked up to fifty times a second. The daemon's HTTP face runs in a
process of its own and the jobs' events are made up; the callers share the machine's cores with it, as they do in life.
Then the first page of a History of 2,000 jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from bridge_server.jobs.events import KEPT_EVENTS
from bridge_server.jobs.record import Job
from bridge_server.protocol.envelope import Document, JobRequest
from bridge_server.protocol.messages import JobState, Progress
from bridge_server.protocol.tasks import ModelRef
from tests.support.app import Face, open_face

POLLS, SOCKETS, JOBS, HISTORY = 300, 100, 10, 2000
SECONDS = 20.0
JPEG = "/9j/" + "A" * 8000  # a preview of six kilobytes
MODEL = ModelRef("m", "/m", "folder", "sd1", "", 512, 64, inpaint_model=True, steps=20, guidance_scale=7.0)
REQUEST = JobRequest(operation="txt2img", version=1, params={"seed": 5}, document=Document(width=8, height=8))


def job(name: str, state: JobState, client: str = "owner") -> Job:
    return Job(id=name, client=client, key="", request=REQUEST, model=MODEL, created=time.time(), state=state)


def time_rounds(loop: Any) -> list[float]:
    """The processor time of each round of the event loop from now on, in milliseconds: what it holds others up for,
    whatever else the machine does meanwhile."""
    rounds: list[float] = []
    run_once = loop._run_once

    def timed_round() -> None:
        started = time.thread_time()
        run_once()
        rounds.append(1000 * (time.thread_time() - started))

    loop._run_once = timed_round
    return rounds


async def serve() -> None:
    """Tell the port and the secret, then make up events until the standard input ends; then the loop's rounds."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_face(Path(folder)) as face:
            queue = face.services.queue
            for number in range(HISTORY):
                queue._remember(job(f"old-{number}", JobState.DONE))
            jobs = [job(f"job-{number}", JobState.RUNNING) for number in range(JOBS)]
            for one in jobs:
                queue._remember(one)
            for number in range(KEPT_EVENTS):
                queue.report_progress(jobs[number % JOBS], Progress(stage="denoising"))
            print(face.services.port, face.services.secret, flush=True)
            rounds = time_rounds(asyncio.get_running_loop())
            making = asyncio.create_task(make_events(face, jobs))
            await asyncio.to_thread(sys.stdin.readline)
            rounds.clear()  # all have connected: from here on it counts
            await asyncio.to_thread(sys.stdin.read)
            making.cancel()
            print(told("rounds of its event loop", rounds), flush=True)


async def make_events(face: Face, jobs: list[Job]) -> None:
    step = 0
    while True:
        for one in jobs:
            step += 1
            face.services.queue.report_progress(one, Progress(stage="denoising", step=step % 20, steps=20))
            if step % 2:
                face.services.queue.report_preview(one, 0, JPEG)
            await asyncio.sleep(0.5 / len(jobs))


async def poll(session: aiohttp.ClientSession, url: str, number: int) -> None:
    after = 0
    while True:
        async with session.get(f"{url}/v1/jobs/job-{number % JOBS}?after={after}&wait=30") as answer:
            body = await answer.read()
        after = int(body.rpartition(b'"seq":')[2].partition(b",")[0])


async def listen(session: aiohttp.ClientSession, url: str, secret: str) -> None:
    async with session.ws_connect(f"{url}/v1/socket") as socket:
        await socket.send_json({"token": secret})
        async for _ in socket:
            pass


async def timed(session: aiohttp.ClientSession, url: str) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    async with session.get(url) as answer:
        await answer.read()
        assert answer.status == 200
    return 1000 * (time.perf_counter() - started)


def told(name: str, times: list[float]) -> str:
    times = sorted(times)
    p99 = times[int(len(times) * 0.99)]
    return f"{name:28} p50 {statistics.median(times):6.1f}   p99 {p99:6.1f}   max {times[-1]:6.1f} ms   ({len(times)})"


async def measure(url: str, secret: str, seconds: float, begin: Callable[[], None]) -> None:
    headers: dict[str, Any] = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as session:
        quiet = [await timed(session, f"{url}/v1/hello") for _ in range(100)]
        print(told("hello, nobody waits", quiet))
        pages = [await timed(session, f"{url}/v1/jobs?limit=200") for _ in range(10)]
        print(told(f"200 of {HISTORY} jobs", pages))
        waiting = [asyncio.create_task(poll(session, url, number)) for number in range(POLLS)]
        waiting += [asyncio.create_task(listen(session, url, secret)) for _ in range(SOCKETS)]
        await asyncio.sleep(5)
        begin()
        stop = time.monotonic() + seconds
        asker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.eventloop", "--ask", url, str(seconds), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asker.communicate()
        busy = [float(word) for word in out.split()]
        print(told(f"hello, {POLLS} polls, {SOCKETS} sockets", busy), flush=True)
        assert time.monotonic() >= stop - 1
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*waiting, return_exceptions=True)


async def ask(url: str, seconds: float) -> None:
    """Ask hello, from a process of its own so that the other callers' work does not count."""
    stop = time.monotonic() + seconds
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < stop:
            print(await timed(session, f"{url}/v1/hello"))
            await asyncio.sleep(0.02)


def main(seconds: float) -> None:
    command = [sys.executable, "-m", "bench.eventloop", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port, secret = server.stdout.readline().split()

        def begin() -> None:
            assert server.stdin is not None
            server.stdin.write("\n")
            server.stdin.flush()

        asyncio.run(measure(f"http://127.0.0.1:{port}", secret, seconds, begin))
        print(server.communicate("")[0], end="")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--serve"]:
            asyncio.run(serve())
        case ["--ask", address, duration]:
            asyncio.run(ask(address, float(duration)))
        case given:
            main(float(given[0]) if given else SECONDS)
