"""One worker process: started, listened to, cancelled, replaced. Speaks `bridge_server.protocol.tasks`.

The child is a fresh interpreter with pipes for standard input and output: no fork, no shared memory, and its end of the
pipe closes when this process dies in whatever way, which ends the child too.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..children import python_command, python_environment
from ..errors import BridgeError, ErrorCode
from ..jobs.queue import interrupted
from ..protocol.messages import ErrorBody
from ..protocol.service import DeviceInfo
from ..protocol.tasks import ModelRef, Task
from .base import Cancelled, Failed, Outcome, TaskListener
from .notes import LINE_LIMIT, as_error, as_outcome, kill, read_notes

log = logging.getLogger(__name__)

CANCEL_SECONDS = 10.0
CANCEL_STEPS = 3.0
READY_SECONDS = 300.0  # torch on a cold, slow disk
FAILED_STARTS = 3  # as many in a row, and the next task is told that the worker cannot start
CLOSE_SECONDS = 2.0
LOG_BYTES = 4 * 2**20
ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


class WorkerProcess:
    """Runs one task at a time. Used from the event loop only."""

    def __init__(
        self,
        device: str,
        *,
        idle_unload_seconds: float,
        log_path: Path,
        hash_cache: Path,
        on_change: Callable[[], None],
    ) -> None:
        self._device = device
        self._arguments = ("--device", device, "--idle-unload-seconds", str(idle_unload_seconds))
        self._arguments += ("--hash-cache", str(hash_cache))
        self._log_path = log_path
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._closing = False
        self._failed_starts = 0
        self._facts: dict[str, Any] = {}
        self.loaded_model: str | None = None
        self._task: Task | None = None
        self._sent = False  # the running task was handed to the process …
        self._noted = False  # … and the process has said something of it
        self._listener: TaskListener | None = None
        self._outcome: asyncio.Future[Outcome] | None = None
        self._loads: dict[str, asyncio.Future[None]] = {}
        self._longest_step = 0.0  # seconds; of this process, whatever the task
        self._cancel_timer: asyncio.TimerHandle | None = None
        self._unresponsive = False

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
        self._settle(Failed(interrupted()))
        self._fail_loads(BridgeError(ErrorCode.SHUTTING_DOWN, "Layerbridge is stopping."))
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
            state = "idle" if self._task is None else "busy"
        return DeviceInfo(
            name=self._facts.get("device", self._device),
            state=state,
            memory_bytes=self._facts.get("memory_bytes"),
            torch=self._facts.get("torch", ""),
            loaded_model=self.loaded_model,
            pid=None if self._process is None else self._process.pid,
        )

    async def run(self, task: Task, listener: TaskListener) -> Outcome:
        """Run a task to its end; starts the process first where there is none."""
        self._task, self._listener = task, listener
        self._outcome = asyncio.get_running_loop().create_future()
        self._sent = self._noted = self._unresponsive = False
        try:
            self.start_soon()
            if not await self._wait_ready(self._outcome):
                self._settle(Failed(self._cannot_start("it did not become ready")))
            self._hand_over()
            return await self._outcome
        finally:
            self._task = self._listener = self._outcome = None
            if self._cancel_timer is not None:
                self._cancel_timer.cancel()
                self._cancel_timer = None

    def _hand_over(self) -> None:
        """Give the running task to the process, unless it has it."""
        if self._task is not None and self._outcome is not None and not (self._sent or self._outcome.done()):
            self._sent = True
            self._send({"op": "run", "task": self._task.to_json()})

    async def _wait_ready(self, *others: asyncio.Future[Any]) -> bool:
        """True when the process is ready, or one of `others` is done; False where it cannot become ready."""
        assert self._keeper is not None
        ready = asyncio.create_task(self._ready.wait())
        waiting: set[asyncio.Future[Any]] = {ready, self._keeper, *others}
        await asyncio.wait(waiting, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        return self._ready.is_set() or any(other.done() for other in others)

    def cancel(self, task_id: str) -> None:
        """Ask the running task to stop; replace the process if it does not answer in time."""
        if self._task is None or self._task.id != task_id:
            return
        if not self._sent:
            self._settle(Cancelled())
            return
        self._send({"op": "cancel", "task": task_id})
        if self._cancel_timer is None:
            patience = max(CANCEL_SECONDS, CANCEL_STEPS * self._longest_step)
            self._cancel_timer = asyncio.get_running_loop().call_later(patience, self._replace)

    def _replace(self) -> None:
        log.warning("worker on %s did not answer a cancel and is replaced", self._device)
        self._unresponsive = True
        self._ready.clear()
        if self._process is not None:
            kill(self._process)

    async def load(self, model: ModelRef) -> None:
        """Raises BridgeError where the model cannot be loaded."""
        self.start_soon()
        if not await self._wait_ready():
            raise BridgeError(**self._cannot_start("it did not become ready").model_dump())
        future = self._loads.setdefault(model.name, asyncio.get_running_loop().create_future())
        self._send({"op": "load", "model": model.to_json()})
        await asyncio.shield(future)

    def _fail_loads(self, error: BridgeError) -> None:
        for future in self._loads.values():
            if not future.done():
                future.set_exception(error)
        self._loads.clear()

    def _send(self, command: dict[str, Any]) -> None:
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _keep_running(self) -> None:
        try:
            while not self._closing and self._failed_starts < FAILED_STARTS:
                self._failed_starts += 1
                await self._live()
        finally:
            self._on_change()
        self._settle(Failed(self._cannot_start("it ended three times while starting")))

    async def _live(self) -> None:
        """One life of the process, and what its end means."""
        try:
            code = await self._run_once()
        except OSError:
            log.exception("worker on %s cannot be started", self._device)
            code = -1
        was_ready = self._failed_starts == 0
        self._ready.clear()
        self.loaded_model = None
        self._longest_step = 0.0
        self._on_change()
        if self._closing:
            return
        log.warning("worker on %s ended with code %s", self._device, code)
        died = BridgeError(ErrorCode.WORKER_DIED, _died_message(code), f"exit code {code}")
        self._fail_loads(died)
        if self._unresponsive or self._cancel_timer is not None:
            self._settle(Cancelled())
        elif self._sent and not self._noted and was_ready:
            self._sent = False  # it was dying when it got the task: the next one takes it
            self._noted = True  # but only once
        elif was_ready:
            self._settle(Failed(ErrorBody(**died.envelope())))

    def _cannot_start(self, how: str) -> ErrorBody:
        return ErrorBody(
            code=ErrorCode.WORKER_UNAVAILABLE,
            message=f"The process that paints cannot start: {how}. Run `layerbridge doctor`; the log says more.",
            detail=str(self._log_path),
        )

    async def _run_once(self) -> int:
        """One life of the process; its exit code."""
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        _keep_short(self._log_path)
        with self._log_path.open("ab") as log_file:
            self._process = await asyncio.create_subprocess_exec(
                *python_command("-m", "bridge_server.worker.main", *self._arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log_file,
                limit=LINE_LIMIT,
                cwd=self._log_path.parent,
                env={**python_environment(), **ENVIRONMENT},
            )
        process = self._process
        if self._closing and process.stdin is not None:
            process.stdin.close()
        async for note in read_notes(process):
            self._receive(note)
        return await process.wait()

    def _receive(self, note: dict[str, Any]) -> None:
        match note.get("event"):
            case "ready":
                self._facts = note
                self._failed_starts = 0
                self._ready.set()
                self._hand_over()
                self._on_change()
            case "model":
                self.loaded_model = note["loaded"]
            case "load_done":
                self._loaded(note["model"], None)
            case "load_failed":
                self._loaded(note["model"], as_error(note["error"]))
            case "done" | "failed" | "cancelled" if self._is_current(note):
                self._settle(as_outcome(note))
            case "phase" | "step" | "preview" | "warning" if self._is_current(note):
                if note["event"] == "step":
                    self._longest_step = max(self._longest_step, float(note["seconds"]))
                if self._listener is not None and self._outcome is not None and not self._outcome.done():
                    self._listener(note)
            case _:
                log.debug("note without a task: %s", note.get("event"))

    def _is_current(self, note: dict[str, Any]) -> bool:
        is_current = self._task is not None and note.get("task") == self._task.id
        self._noted = self._noted or is_current
        return is_current

    def _loaded(self, name: str, error: BridgeError | None) -> None:
        future = self._loads.pop(name, None)
        if future is None or future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    def _settle(self, outcome: Outcome) -> None:
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(outcome)


def _keep_short(log_path: Path) -> None:
    """Start a new log where the old one has grown long; one old one is kept."""
    if log_path.exists() and log_path.stat().st_size > LOG_BYTES:
        log_path.replace(log_path.with_suffix(".old.log"))


def _died_message(code: int) -> str:
    if code in (-9, 137):
        return (
            "The process that paints was ended by the system, most likely because memory ran out. "
            "Select a smaller area or close other programs, then try again."
        )
    return "The process that paints ended unexpectedly. Try again; if it happens again, run `layerbridge doctor`."
