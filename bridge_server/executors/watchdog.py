"""Notices that a worker stands still: by the progress of what it does, with a generous limit for each stage.

A sign of life from another thread would prove nothing, so only what the thread that does the work says counts.
Pure: time is told to it, so that a computer that slept is not taken for a worker that hung.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """What a worker is at. IDLE has no limit."""

    IDLE = "idle"
    STARTING = "starting"
    ACCEPTING = "accepting"
    FETCHING = "fetching"
    LOADING = "loading"
    WORKING = "working"
    DENOISING = "denoising"


@dataclass(frozen=True)
class Limits:
    """Seconds without progress after which a worker is replaced. A slow computer must stay far below each of them."""

    start: float = 300.0  # importing torch from a cold, slow disk
    accept: float = 120.0  # an idle worker takes a task at once; a swapped-out one reads its memory back first
    fetch: float = 3600.0  # old versions of huggingface_hub tell of whole files only
    load: float = 900.0  # one part of a large model from a slow disk or a network share
    work: float = 900.0  # reading the picture, the autoencoder, the first step: kernels are compiled there
    step: float = 300.0  # a later step, at least …
    steps: float = 20.0  # … and at least so many of the longest step of the task
    cancel: float = 10.0  # a cancelled task, at least …
    cancel_steps: float = 3.0  # … and at least so many of the longest step of the process
    unwanted: float = 120.0  # a model goes on loading for so long though its job was cancelled: the next may want it
    in_the_way: float = 15.0  # … and for so long when the next job waits for another model
    tick: float = 5.0  # how often one looks


class Watchdog:
    """Follows one process through its messages (bridge_server.protocol.tasks)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.stage = Stage.IDLE
        self.silent = 0.0  # seconds without progress in this stage
        self._steps = 0
        self._longest = 0.0

    def enter(self, stage: Stage) -> None:
        """A stage begins that the daemon knows of: it started the process, handed a task over, or took it back."""
        self.stage, self.silent = stage, 0.0
        if stage is Stage.ACCEPTING:
            self._steps, self._longest = 0, 0.0

    def hear_task(self, message: dict[str, Any]) -> None:
        """A message of the running task: each is progress, since the thread that paints sends it."""
        match message["event"]:
            case "taken":
                self.stage = Stage.WORKING
            case "stage":
                known = {"loading": Stage.LOADING, "denoising": Stage.DENOISING}
                self.stage = known.get(message["stage"], Stage.WORKING)
            case "step":
                self._steps += 1
                self._longest = max(self._longest, float(message["seconds"]))
                self.stage = Stage.DENOISING
            case _:
                pass
        self.silent = 0.0

    def hear_load(self, message: dict[str, Any]) -> None:
        """The thread that loads models got on; that is progress only of who waits for it."""
        if self.stage in (Stage.LOADING, Stage.FETCHING):
            self.stage = Stage.FETCHING if message.get("fetching") else Stage.LOADING
            self.silent = 0.0

    def pass_time(self, seconds: float) -> bool:
        """True when the process has stood still for too long. seconds: since the last call."""
        if self.stage is not Stage.IDLE:
            self.silent += min(seconds, 2 * self._limits.tick)
        limit = self.limit
        return limit is not None and self.silent >= limit

    @property
    def limit(self) -> float | None:
        """Seconds; None where nothing is expected."""
        limits = self._limits
        match self.stage:
            case Stage.IDLE:
                return None
            case Stage.STARTING:
                return limits.start
            case Stage.ACCEPTING:
                return limits.accept
            case Stage.FETCHING:
                return limits.fetch
            case Stage.LOADING:
                return limits.load
            case Stage.WORKING:
                return max(limits.work, limits.steps * self._longest)
            case Stage.DENOISING:
                return max(limits.step if self._steps else limits.work, limits.steps * self._longest)
