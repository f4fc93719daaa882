"""A real worker process, spoken to over its pipes, and request files for it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_server.models.folders import read_folder
from bridge_server.protocol.frame import Frame, Tensor, decode, encode
from bridge_server.protocol.tasks import ModelRef, Task
from tests.operations.toy import with_toy
from tests.support.envelopes import envelope

DEADLINE_SECONDS = 240.0  # a machine that does much else takes a minute to import torch
Matches = Callable[[dict[str, Any]], bool]
DTYPE_NAMES = {"u1": "U8", "u2": "U16", "f4": "F32"}


class Rig:
    """One worker. `events` are all that it has said so far."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bridge_server.worker.main", "--device", "cpu", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", **(environment or {})},
        )
        self.events: list[dict[str, Any]] = []
        self.log: list[bytes] = []
        self._arrived: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_log, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._arrived.put(json.loads(line))

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def send(self, op: str, **fields: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"op": op, **fields}).encode() + b"\n")
        self.process.stdin.flush()

    def wait_for(self, *wanted: str, timeout: float = DEADLINE_SECONDS, **fields: Any) -> dict[str, Any]:
        """The next event of one of these kinds with these fields."""
        return self.wait_until(
            lambda event: event["event"] in wanted and all(event.get(key) == value for key, value in fields.items()),
            timeout,
        )

    def wait_until(
        self, matches: Callable[[dict[str, Any]], bool], timeout: float = DEADLINE_SECONDS
    ) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self._arrived.get(timeout=left)
            except queue.Empty:
                break
            self.events.append(event)
            if matches(event):
                return event
        said = [event["event"] for event in self.events]
        raise TimeoutError(f"not said in {timeout} s; said: {said}; log: {b''.join(self.log)[-3000:].decode()}")

    def run(self, task: Task) -> dict[str, Any]:
        """Run a task to its end: its done, failed or cancelled event."""
        self.send("run", task=task.to_json())
        return self.wait_for("done", "failed", "cancelled", task=task.id)

    def of(self, task: str, event: str) -> list[dict[str, Any]]:
        return [given for given in self.events if given.get("task") == task and given["event"] == event]

    def close(self) -> None:
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def worker(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[Rig]:
    """A worker that is ready."""
    rig = Rig(*arguments, environment=environment)
    try:
        rig.wait_for("ready")
        yield rig
    finally:
        rig.close()


def ref_of(folder: Path, **changes: Any) -> ModelRef:
    return replace(read_folder(folder, folder.name).ref, **changes)


def photo(height: int = 96, width: int = 96, seed: int = 0) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: smooth colours with some grain."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    base = np.stack([rows / height, columns / width, 0.5 + 0.5 * np.sin(rows / 9)], axis=2)
    return np.clip(base * 200 + 20 + rng.normal(0, 4, base.shape), 0, 255).astype(np.uint8)


def square_mask(height: int = 96, width: int = 96) -> NDArray[np.uint8]:
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = 255
    return mask


def make_task(
    folder: Path,
    model: ModelRef | None,
    *,
    name: str = "t1",
    index: int = 0,
    seed: int = 7,
    image: NDArray[Any] | None = None,
    mask: NDArray[np.uint8] | None = None,
    further: Mapping[str, NDArray[Any]] | None = None,
    **message: Any,
) -> Task:
    """Write a request frame into `folder` and give the task for it. The crop is the whole document unless told.

    further: pictures by their role, at the document's corner.
    """
    shape = next((array.shape for array in (image, mask) if array is not None), (64, 64))
    box = {"x": 0, "y": 0, "width": shape[1], "height": shape[0]}
    request: dict[str, Any] = {
        "kind": "inpaint",
        "document": {"width": shape[1], "height": shape[0]},
        "bounds": box,
        "model": None if model is None else model.name,
        **message,
    }
    if with_toy().get(request["kind"]).has_option("prompt"):
        request.setdefault("prompt", "red apple")
    arrays = {key: value for key, value in (("image", image), ("mask", mask)) if value is not None}
    told = envelope(request, arrays, with_toy())
    for role, picture in (further or {}).items():
        arrays[role] = picture
        told["inputs"][role] = {"bounds": {"x": 0, "y": 0, "width": picture.shape[1], "height": picture.shape[0]}}
    parts = encode(told, {key: tensor_of(value) for key, value in arrays.items()})
    path = folder / f"{name}.request"
    path.write_bytes(b"".join(bytes(part) for part in parts))
    outputs = with_toy().get(told["operation"]).outputs
    return Task(
        name,
        "job",
        index,
        seed,
        model,
        str(path),
        {role: str(folder / f"{name}.{role}") for role in outputs},
        str(folder / f"{name}.unfinished"),
        str(folder / f"{name}.jpg"),
    )


def tensor_of(array: NDArray[Any]) -> Tensor:
    return Tensor(DTYPE_NAMES[array.dtype.str[1:]], array.shape, np.ascontiguousarray(array).data.cast("B"))


def read_result(task: Task) -> tuple[Frame, NDArray[Any], NDArray[np.uint8]]:
    """The result's frame, its image (H, W, 4 or 2) and its mask (H, W)."""
    frame = decode(Path(task.artifacts["layer"]).read_bytes())
    types = {name: {"U8": "u1", "U16": "<u2", "F32": "<f4"}[spec.dtype] for name, spec in frame.header.tensors.items()}
    arrays = {
        name: np.frombuffer(frame.tensor(name), types[name]).reshape(spec.shape)
        for name, spec in frame.header.tensors.items()
    }
    return frame, arrays["image"], arrays["mask"]
