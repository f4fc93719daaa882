"""What a daemon and a worker process say to each other: JSON lines over the worker's standard input and output.

Standard library only. To the worker, one object a line, told apart by `op`:
  run     task: a Task as JSON (its model a ModelRef; request, result and thumbnail are paths)
  cancel  task: the id
  load    model: a ModelRef as JSON
  unload
Closing the worker's standard input ends it within a second, even in the middle of a step. Notes of a task come from the
thread that works on it: a worker that sends none for long stands still, and is replaced (executors/watchdog.py).

From the worker, one object a line, told apart by `event`:
  ready      device, memory_bytes, torch
  unavailable  reason: why it cannot start, the middle of a sentence; then it ends
  taken      task: the worker begins with it
  phase      task, phase: loading | encoding | denoising | decoding
  step       task, step (1-based, finished), steps, seconds (of this step)
  preview    task, jpeg (base64)
  warning    task, code, message
  done       task, bounds {x, y, width, height}, seed, steps_run, bytes: the result file is complete and on disk
  failed     task, error (the envelope of bridge_server.errors)
  cancelled  task
  loading    model: name when a load begins and while it gets on, null when it has ended; fetching: it downloads
  model      loaded: name or null (after every load and unload)
  load_done  model: the name that was asked for
  load_failed  model, error
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ModelRef:
    """A model as the catalogue found it; enough for a worker to load it and for a plan to be made.

    path: a diffusers folder, a single .safetensors file, or a hub id, as `source` says: folder | file | hub.
    native_side and multiple: pixels of the working picture. removal_strength, removal_detail,
    refine_with_prompt: see models/overrides.py. hash: first 16 hex digits of a SHA-256 over the weights.
    """

    name: str
    path: str
    source: str
    family: str
    hash: str
    native_side: int
    multiple: int
    inpaint_model: bool
    steps: int
    guidance_scale: float
    removal_strength: float = 1.0
    removal_detail: float | None = None
    refine_with_prompt: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ModelRef:
        return cls(**value)


@dataclass(frozen=True)
class Task:
    """One denoising run: variation `index` of a job. Paths are the daemon's; executors carry the bytes."""

    id: str
    job: str
    index: int
    seed: int
    model: ModelRef
    request: str
    result: str
    thumbnail: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Task:
        fields = {key: value[key] for key in ("id", "job", "index", "seed", "request", "result", "thumbnail")}
        return cls(model=ModelRef.from_json(value["model"]), **fields)
