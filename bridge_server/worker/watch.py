"""Turns what a pipeline reports into events, previews at a bounded rate."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable

from PIL import Image

from ..pipelines.generation import Cancelled, Pixels, Warned
from .channel import Channel

PREVIEW_SECONDS = 0.25  # between two previews, but for the first and the last
PREVIEW_QUALITY = 80


class TaskWatch:
    """The Watch of one task. `warnings` are kept for the result."""

    def __init__(self, task: str, channel: Channel, cancelled: threading.Event) -> None:
        self._task = task
        self._channel = channel
        self._cancelled = cancelled
        self._step_began = time.monotonic()
        self._last_preview = 0.0
        self._stage = ""
        self.stages: frozenset[str] | None = None  # those that the operation declares; None: not known yet
        self.warnings: list[Warned] = []

    def check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def stage(self, name: str) -> None:
        """Raises Cancelled, and ValueError for one that the operation does not declare."""
        self.check()
        if self.stages is not None and name not in self.stages:
            raise ValueError(f"the runner is at {name!r}, which its operation does not declare")
        self._step_began = time.monotonic()
        if name != self._stage:
            self._stage = name
            self._channel.send("stage", task=self._task, stage=name)

    def step(self, step: int, steps: int) -> None:
        now = time.monotonic()
        self._channel.send("step", task=self._task, step=step, steps=steps, seconds=round(now - self._step_began, 4))
        self._step_began = now

    def preview(self, paint: Callable[[], Pixels], step: int, steps: int) -> None:
        now = time.monotonic()
        if 1 < step < steps and now - self._last_preview < PREVIEW_SECONDS:
            return
        self._last_preview = now
        jpeg = encode_jpeg(paint(), PREVIEW_QUALITY)
        self._channel.send("preview", task=self._task, jpeg=base64.b64encode(jpeg).decode("ascii"))

    def warn(self, code: str, message: str) -> None:
        warned = Warned(code, message)
        if warned not in self.warnings:
            self.warnings.append(warned)
            self._channel.send("warning", task=self._task, code=code, message=message)

    def measured(self, network: str, rate: float) -> None:
        """rate: multiplications a second, of a network of this kind that enlarges."""
        self._channel.send("measured", task=self._task, network=network, rate=rate)


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """(H, W, 3) uint8 -> a JPEG without chroma subsampling, which would smear small pictures."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
