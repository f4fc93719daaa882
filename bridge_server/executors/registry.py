"""The executors by name: what `--executor` chooses from. A new one is a function here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..config import ServeOptions
from ..errors import BridgeError, ErrorCode
from .base import Executor
from .launch import WORKER
from .local import LocalExecutor

Factory = Callable[[ServeOptions], Executor]


def local(options: ServeOptions, module: str = WORKER) -> LocalExecutor:
    """A worker process for each device of this machine. module: its main program."""
    return LocalExecutor(
        options.devices,
        idle_unload_seconds=options.idle_unload_seconds,
        log_path=options.home.worker_log,
        model_store=options.home.model_store,
        compiled=options.home.compiled,
        keep_bytes=options.keep_models_bytes,
        scratch=options.home.scratch,
        module=module,
    )


EXECUTORS: Mapping[str, Factory] = {"local": local}


def make_executor(options: ServeOptions, executors: Mapping[str, Factory] = EXECUTORS) -> Executor:
    """The one that `options.executor` names; nothing is started yet. Raises BridgeError (unsupported)."""
    factory = executors.get(options.executor)
    if factory is None:
        known = ", ".join(sorted(executors))
        raise BridgeError(
            ErrorCode.UNSUPPORTED, f"There is no executor {options.executor!r}; --executor takes one of: {known}."
        )
    return factory(options)
