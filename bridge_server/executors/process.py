"""One worker process: started, listened to, cancelled, replaced. Speaks `bridge_server.protocol.tasks`.

The child is a fresh interpreter with pipes for standard input and output: no fork, no shared memory, and its end of the
pipe closes when this process dies in whatever way, which ends the child too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import BridgeError, ErrorCode
from ..faults import describe_fault
from ..jobs.recovery import interrupted
from ..protocol.messages import ErrorBody
from ..protocol.service import DeviceInfo
from ..protocol.tasks import ModelRef, Task
from .assignment import Assignment
from .base import Cancelled, Failed, Outcome, TaskListener
from .endings import Replaced, cannot_start, died, unresponsive
from .launch import WORKER, launch
from .loads import Loads
from .messages import as_error, as_outcome, kill, read_messages, send
from .watchdog import Limits, Stage, Watchdog

log = logging.getLogger(__name__)

FAILED_STARTS = 3  # as many in a row, and the next task is told that the worker cannot start
CLOSE_SECONDS = 2.0


class WorkerProcess:
    """Runs one task at a time. Used from the event loop only."""

    def __init__(
        self,
        device: str,
        *,
        options: Sequence[str],
        log_path: Path,
        on_change: Callable[[], None],
        limits: Limits | None = None,
        module: str = WORKER,
    ) -> None:
        """options: of its command line, beside the device."""
        self._device = device
        self._rates: dict[str, float] = {}  # that its workers measured
        self._log_path, self._launch = log_path, partial(launch, ("--device", device, *options), log_path, module)
        self._on_change = on_change
        self._limits = limits or Limits()
        self._watchdog = Watchdog(self._limits)
        self._loads = Loads(self._limits)
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._closing = False
        self._failed_starts = 0
        self._start_problem = ""  # what the process said of itself when it could not start
        self._facts: dict[str, Any] = {}
        self.loaded_model: str | None = None
        self.loaded_key = ""
        self._hand: Assignment | None = None
        self._longest_step = 0.0  # seconds; of this process, whatever the task
        self._replaced: tuple[Replaced, BridgeError | None] | None = None

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    @property
    def is_dead(self) -> bool:
        """It could not be started, several times; the next task tries again."""
        return self._keeper is None or self._keeper.done()

    def start_soon(self) -> None:
        """Start the process in the background, and again whenever it ends."""
        if self.is_dead and not self._closing:
            self._failed_starts = 0
            self._keeper = asyncio.create_task(self._keep_running())

    async def close(self) -> None:
        """End the process: by closing its standard input, then by force."""
        self._closing = True
        if self._hand is not None:
            self._hand.settle(Failed(interrupted()))
        self._loads.fail(BridgeError(ErrorCode.SHUTTING_DOWN, "Layerbridge is stopping."))
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
        if self._keeper is None:
            return
        _, running = await asyncio.wait({self._keeper}, timeout=CLOSE_SECONDS)
        if running:
            if self._process is not None:
                kill(self._process)
            _, running = await asyncio.wait({self._keeper}, timeout=CLOSE_SECONDS)
        for task in running:
            task.cancel()

    def info(self) -> DeviceInfo:
        if self.is_dead:
            state = "dead"
        elif not self._ready.is_set():
            state = "starting"
        else:
            state = "idle" if self._hand is None else "busy"
        return DeviceInfo(
            name=self._facts.get("device", self._device),
            state=state,
            memory_bytes=self._facts.get("memory_bytes"),
            torch=self._facts.get("torch", ""),
            loaded_model=self.loaded_model,
            pid=None if self._process is None else self._process.pid,
            upscaling=dict(self._rates),
        )

    async def run(self, task: Task, listener: TaskListener) -> Outcome:
        """Run a task to its end; starts the process first where there is none."""
        hand = self._hand = Assignment(task, listener, asyncio.get_running_loop().create_future())
        try:
            self.start_soon()
            if not await self._wait_ready(hand.outcome):
                hand.settle(Failed(self._cannot_start("it did not become ready")))
            self._hand_over()
            return await hand.outcome
        finally:
            self._hand = None
            hand.end()
            if self.is_ready:
                self._rest()

    def _rest(self) -> None:
        self._watchdog.enter(Stage.LOADING if self._loads.are_awaited else Stage.IDLE)

    def _hand_over(self) -> None:
        """Give the running task to the process, unless it has it."""
        hand = self._hand
        if hand is not None and not (hand.sent or hand.outcome.done()):
            hand.sent = True
            self._watchdog.enter(Stage.ACCEPTING)
            send(self._process, {"op": "run", "task": hand.task.to_json()})

    async def _wait_ready(self, *others: asyncio.Future[Any]) -> bool:
        """True when the process is ready, or one of `others` is done; False where it cannot become ready."""
        assert self._keeper is not None
        ready = asyncio.create_task(self._ready.wait())
        waiting: set[asyncio.Future[Any]] = {ready, self._keeper, *others}
        await asyncio.wait(waiting, timeout=self._limits.start, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        return self._ready.is_set() or any(other.done() for other in others)

    def cancel(self, task_id: str) -> None:
        """Ask the running task to stop; replace the process if it does not answer in time."""
        hand = self._hand
        if hand is None or hand.task.id != task_id:
            return
        if not hand.sent:
            hand.settle(Cancelled())
            return
        send(self._process, {"op": "cancel", "task": task_id})
        if hand.cancel_timer is None:
            patience = max(self._limits.cancel, self._limits.cancel_steps * self._longest_step)
            hand.cancel_timer = asyncio.get_running_loop().call_later(patience, self._replace, Replaced.CANCEL)

    def _replace(self, why: Replaced, error: BridgeError | None = None) -> None:
        """End the process; another one takes its place. error: what its task and its loads fail with."""
        log.warning("worker on %s is replaced: %s (%s)", self._device, why, self._watchdog.stage)
        self._replaced = why, error
        self._ready.clear()
        if self._process is not None:
            kill(self._process)

    async def _watch(self) -> None:
        """Replace the process when it stands still, or loads a model that nobody wants."""
        loop = asyncio.get_running_loop()
        looked = loop.time()
        while self._replaced is None:
            await asyncio.sleep(self._limits.tick)
            passed, looked = loop.time() - looked, loop.time()
            if self._loads.pass_time(passed, self._hand.model_name if self._hand else None):
                self._replace(Replaced.LOAD)
            elif self._watchdog.pass_time(passed):
                self._replace(Replaced.HUNG, unresponsive(self._watchdog.stage, self._watchdog.silent))

    async def load(self, model: ModelRef) -> None:
        """Raises BridgeError where the model cannot be loaded."""
        self.start_soon()
        if not await self._wait_ready():
            raise BridgeError(**self._cannot_start("it did not become ready").model_dump())
        future = self._loads.wait_for(model.name)
        if self._hand is None:
            self._rest()
        send(self._process, {"op": "load", "model": model.to_json()})
        await asyncio.shield(future)

    async def _keep_running(self) -> None:
        try:
            while not self._closing and self._failed_starts < FAILED_STARTS:
                self._failed_starts += 1
                await self._run_worker()
        finally:
            self._on_change()
        if self._hand is not None:
            self._hand.settle(Failed(self._cannot_start("it ended three times while starting")))

    async def _run_worker(self) -> None:
        """One life of the process, and what its end means."""
        self._replaced = None
        self._watchdog.enter(Stage.STARTING)
        watch = asyncio.create_task(self._watch())
        try:
            code = await self._run_once()
        except OSError as error:
            log.error("worker on %s cannot be started: %s", self._device, describe_fault(error))
            self._start_problem = error.strerror or "the system refuses"
            code = -1
        finally:
            watch.cancel()
        was_ready = self._failed_starts == 0
        self._ready.clear()
        self.loaded_model, self.loaded_key = None, ""
        self._longest_step = 0.0
        self._watchdog.enter(Stage.IDLE)
        self._on_change()
        if self._closing:
            return
        log.warning("worker on %s ended with code %s", self._device, code)
        self._conclude(code, was_ready)

    def _conclude(self, code: int, was_ready: bool) -> None:
        """Settle what the process was at when it ended, or leave the task to the next one."""
        why, error = self._replaced or (None, None)
        error = error or died(code)
        self._loads.fail(error)
        hand = self._hand
        if hand is None:
            return
        if hand.cancel_timer is not None:
            hand.settle(Cancelled())
        elif why is Replaced.LOAD:
            hand.sent = False  # it only waited for that load
        elif was_ready and not hand.leave_to_the_next():
            hand.settle(Failed(ErrorBody(**error.envelope())))

    def _cannot_start(self, how: str) -> ErrorBody:
        return cannot_start(self._start_problem or how, self._log_path)

    async def _run_once(self) -> int:
        """One life of the process; its exit code."""
        process = self._process = await self._launch()
        if self._closing and process.stdin is not None:
            process.stdin.close()
        async for message in read_messages(process):
            self._receive(message)
        return await process.wait()

    def _receive(self, message: dict[str, Any]) -> None:
        match message.get("event"):
            case "ready":
                self._facts = message
                self._failed_starts = 0
                self._start_problem = ""
                self._ready.set()
                self._rest()
                self._hand_over()
                self._on_change()
            case "unavailable":
                self._start_problem = message["reason"]
            case "model":
                self.loaded_model, self.loaded_key = message["loaded"], message.get("key", "")
            case "loading":
                self._loads.hear(message)
                self._watchdog.hear_load(message)
            case "load_done":
                self._loaded(message["model"], None)
            case "load_failed":
                self._loaded(message["model"], as_error(message["error"]))
            case _ if self._hand is not None and self._hand.hears(message):
                self._follow(self._hand, message)
            case _:
                log.debug("message without a task: %s", message.get("event"))

    def _follow(self, hand: Assignment, message: dict[str, Any]) -> None:
        """Progress of the running task, or its end."""
        self._watchdog.hear_task(message)
        match message["event"]:
            case "done" | "failed" | "cancelled":
                hand.settle(as_outcome(message))
            case "taken":
                pass
            case "measured":
                self._rates[message["network"]] = float(message["rate"])
            case _:
                self._longest_step = max(self._longest_step, float(message.get("seconds", 0.0)))
                hand.tell(message)

    def _loaded(self, name: str, error: BridgeError | None) -> None:
        self._loads.settle(name, error)
        if self._hand is None:
            self._rest()
