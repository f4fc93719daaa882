"""The child process: `python -m bridge_server.worker.main --device cpu`. Speaks bridge_server.protocol.tasks.

The main thread runs tasks; a second one reads commands, sets cancel flags and ends the process when its standard input
closes; a third loads models, so that a cancelled task need not wait for one.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..faults import describe_fault, log_line, one_line_faults
from ..logs import start_worker_log
from .channel import Channel, Commands, keep_log_short, take_over_stdin, take_over_stdout
from .parent import die_with_parent
from .startup import import_libraries, why_unavailable

if TYPE_CHECKING:
    from ..families.registry import FamilyRegistry
    from ..operations.registry import Registry
    from ..pipelines.family import Loaded
    from ..pipelines.memory import Device
    from ..protocol.tasks import ModelRef
    from .operations.base import Runner
    from .watch import TaskWatch

IDLE_UNLOAD_SECONDS = 600.0
CANNOT_START = 78  # exit code, EX_CONFIG of sysexits.h: a library or the device is missing
TELL_SECONDS = 1.0  # between two messages that a load got on
QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def main(
    arguments: Sequence[str] | None = None,
    families: FamilyRegistry | None = None,
    operations: Registry | None = None,
    runners: Mapping[str, Runner] | None = None,
) -> int:
    """families: those whose models it runs; operations, and the runner of each by its name: what it carries out. None:
    those that come with Layerbridge.
    """
    options = _parse(arguments)
    one_line_faults()
    start_worker_log()
    die_with_parent()
    channel = take_over_stdout()
    commands = Commands(take_over_stdin())
    commands.start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the daemon's to answer
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if options.compiled is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", str(options.compiled))
    try:
        worker = _start(options, channel, commands, Known(families, operations, runners))
    except Exception as error:  # noqa: BLE001  (an installation can be broken in any way; the daemon is told how)
        log_line(f"cannot start: {describe_fault(error)}")
        channel.send("unavailable", reason=why_unavailable(error))
        return CANNOT_START
    worker.serve()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bridge_server.worker.main", description=__doc__)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda:0 or mps")
    parser.add_argument(
        "--idle-unload-seconds", type=float, default=IDLE_UNLOAD_SECONDS, help="0 keeps the model for ever"
    )
    parser.add_argument("--keep-bytes", type=int, help="of components, those of the loaded model among them")
    parser.add_argument("--model-store", type=Path, default=None, help="file in which hashes of weights are kept")
    parser.add_argument("--compiled", type=Path, default=None, help="folder in which numba keeps what it compiles")
    return parser.parse_args(arguments)


@dataclass(frozen=True)
class Known:
    """What a worker can do; None: what comes with Layerbridge."""

    families: FamilyRegistry | None = None
    operations: Registry | None = None
    runners: Mapping[str, Runner] | None = None


def _start(options: argparse.Namespace, channel: Channel, commands: Commands, known: Known) -> Worker:
    """The slow imports, then `ready`. Raises LibraryError, BridgeError for the device, or whatever a library raises."""
    import_libraries()
    import diffusers.utils.logging
    import torch
    import transformers.utils.logging

    from ..pipelines.memory import choose_device
    from . import runner  # noqa: F401
    from .operations import painting  # noqa: F401  (with all of diffusers, so that the first task does not wait for it)

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.disable_progress_bar()
    device = choose_device(options.device)
    idle, store = options.idle_unload_seconds, options.model_store
    worker = Worker(device, channel, commands, idle, store, known, options.keep_bytes)
    channel.send("ready", device=device.name, memory_bytes=device.memory_bytes, torch=torch.__version__)
    return worker


class LoadProgress:
    """Tells the daemon that a load began, got on (at a bounded rate) and ended. Called in the thread that loads."""

    def __init__(self, channel: Channel, model: str) -> None:
        self._channel = channel
        self._model = model
        self._told = 0.0
        self._fetching = False
        self()

    def __call__(self, *, fetching: bool = False) -> None:
        now = time.monotonic()
        if fetching != self._fetching or now - self._told >= TELL_SECONDS:
            self._told, self._fetching = now, fetching
            self._channel.send("loading", model=self._model, fetching=fetching)

    def end(self) -> None:
        self._channel.send("loading", model=None)


class Worker:
    """Runs tasks one after another, and keeps the model between them."""

    def __init__(
        self,
        device: Device,
        channel: Channel,
        commands: Commands,
        idle_seconds: float,
        model_store: Path | None,
        known: Known,
        keep_bytes: int | None,
    ) -> None:
        from ..families.registry import builtin
        from ..pipelines import loader
        from ..pipelines.cache import ModelCache
        from ..pipelines.memory import free_bytes, free_caches
        from .components import ComponentCache, default_budget

        self._device = device
        self._channel = channel
        self._commands = commands
        self._idle_seconds = idle_seconds
        self._families = families = known.families or builtin()
        self._known = known
        self._used = time.monotonic()

        def let_go() -> None:
            free_caches(device)

        budget = default_budget(device) if keep_bytes is None else keep_bytes
        self._components = components = ComponentCache(budget, lambda: free_bytes(device), let_go)

        def load(ref: ModelRef) -> Loaded:
            progress = LoadProgress(channel, ref.name)
            components.begin()
            try:
                loaded = loader.load(ref, families, device, model_store, progress, components)
            except BaseException:
                components.clear()  # what went wrong may be that the memory is full
                raise
            finally:
                progress.end()
            components.make_room(0)
            return loaded

        def empty() -> None:
            components.clear()
            let_go()

        self._models: ModelCache[Loaded] = ModelCache(load, let_go, loader.is_current, empty)

    def serve(self) -> None:
        """Until the process ends."""
        while True:
            command = self._commands.next(self._patience())
            if command is None:
                self._unload()
                continue
            keep_log_short()
            try:
                self._handle(command)
            except (KeyError, TypeError, ValueError) as error:
                log_line(f"a command that cannot be obeyed: {describe_fault(error)}")
            self._used = time.monotonic()

    def _patience(self) -> float | None:
        """Seconds until an idle model is let go; None where nothing is to be let go."""
        if self._idle_seconds <= 0 or not self._models.has_model():
            return None
        return max(0.05, self._used + self._idle_seconds - time.monotonic())

    def _handle(self, command: dict[str, Any]) -> None:
        from ..protocol.tasks import ModelRef, Task

        match command["op"]:
            case "run":
                self._run(Task.from_json(command["task"]))
            case "load":
                self._load(ModelRef.from_json(command["model"]))
            case unknown:
                raise ValueError(f"there is no command {unknown!r}")

    def _run(self, task: Any) -> None:
        from ..pipelines.generation import Cancelled
        from ..pipelines.memory import free_caches, is_out_of_memory
        from .failures import as_bridge_error
        from .runner import run_task
        from .watch import TaskWatch

        watch = TaskWatch(task.id, self._channel, self._commands.cancel_flag(task.id))
        memory_ran_out = False
        self._channel.send("taken", task=task.id)
        try:
            known = self._known
            done = run_task(task, self._model_for, watch, self._families, known.operations, known.runners, self._device)
        except Cancelled:
            self._channel.send("cancelled", task=task.id)
        except Exception as error:  # noqa: BLE001  (a worker survives a failed task; each becomes an envelope)
            log_line(f"task {task.id}: {describe_fault(error)}")
            memory_ran_out = is_out_of_memory(error)
            self._channel.send("failed", task=task.id, error=as_bridge_error(error, self._device).envelope())
        else:
            made = [artifact.to_json() for artifact in done.artifacts]
            self._channel.send("done", task=task.id, artifacts=made, steps_run=done.steps_run)
        finally:
            self._commands.forget(task.id)
        if memory_ran_out:
            self._components.drop_unused()
            free_caches(self._device)

    def _model_for(self, ref: ModelRef, watch: TaskWatch) -> Loaded:
        if not self._models.is_loaded(ref):
            watch.stage("loading")
            self._models.ask(ref).add_done_callback(self._tell_loaded)
        return self._models.get(ref, watch.check)

    def _load(self, ref: ModelRef) -> None:
        from .failures import as_bridge_error

        def report(future: Future[Loaded]) -> None:
            error = future.exception()
            if isinstance(error, Exception):
                log_line(f"a load: {describe_fault(error)}")
                self._channel.send("load_failed", model=ref.name, error=as_bridge_error(error, self._device).envelope())
            else:
                self._channel.send("load_done", model=ref.name)

        future = self._models.ask(ref)
        future.add_done_callback(self._tell_loaded)
        future.add_done_callback(report)

    def _tell_loaded(self, future: Future[Loaded]) -> None:
        if future.exception() is None:
            ref = future.result().ref
            self._channel.send("model", loaded=ref.name, key=ref.key, hash=ref.hash)

    def _unload(self) -> None:
        self._models.drop().add_done_callback(lambda _: self._channel.send("model", loaded=None))


if __name__ == "__main__":
    sys.exit(main())
