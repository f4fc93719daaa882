"""What a daemon and a worker process say to each other: JSON lines over the worker's standard input and output.

Standard library only. To the worker, one object a line, told apart by `op`:
  run     task: a Task as JSON, with paths for its keys; its model is a ModelRef or null
  cancel  task: the id
  load    model: a ModelRef as JSON
Closing the worker's standard input ends it within a second, even in the middle of a step. Messages about a task come
from the thread that works on it: a worker that sends none for long stands still, and is replaced (watchdog.py).

From the worker, one object a line, told apart by `event`:
  ready      device, memory_bytes, torch
  unavailable  reason: why it cannot start, the middle of a sentence; then it ends
  taken      task: the worker begins with it
  stage      task, stage: one of those that the operation declares
  step       task, step (1-based, finished), steps, seconds (of this step)
  preview    task, jpeg (base64)
  warning    task, code, message
  measured   task, network: of which kind it enlarges with, rate: its multiplications a second
  done       task, steps_run, artifacts: a list of Made as JSON, whose files are complete and on disk
  failed     task, error (the envelope of bridge_server.errors)
  cancelled  task
  loading    model: name when a load begins and while it gets on, null when it has ended; fetching: it downloads
  model      loaded: name (after every load) or null (an idle one was let go), key and hash: of the one that is loaded
  load_done  model: the name that was asked for
  load_failed  model, error
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..operations.limits import IMG2IMG_STRENGTH, REFINED_FROM


@dataclass(frozen=True)
class AdapterRef:
    """What a job adds to a model. role: what it is, "lora". weight: how much of it; 0 is none. key: as ModelRef's."""

    name: str
    path: str
    role: str
    weight: float
    key: str = ""


@dataclass(frozen=True)
class ModelRef:
    """A model as the catalogue found it; enough for a worker to load it and for a plan to be made.

    path: a diffusers folder, a single .safetensors file, or a hub id, as `source` says: folder | file | hub.
    native_resolution, size_multiple: pixels of the working picture. removal_strength, removal_detail,
    hires_with_prompt, background_with_prompt, img2img_strength: see models/overrides.py. hash: first 16 hex digits of a
    SHA-256 over the weights. key: which model of the store it is (models/keys.py); empty where it is in none. adapters:
    what a job adds to it. refiner: the model that does the end of its schedule in a job, from the share `refined_from`
    on; None: none does. parts: components that its file has not, by name, and the file or folder of each.
    """

    name: str
    path: str
    source: str
    family: str
    hash: str
    native_resolution: int
    size_multiple: int
    inpaint_model: bool
    steps: int
    guidance_scale: float
    removal_strength: float = 1.0
    removal_detail: float | None = None
    hires_with_prompt: bool = True
    background_with_prompt: bool = True
    img2img_strength: float = IMG2IMG_STRENGTH
    key: str = ""
    adapters: tuple[AdapterRef, ...] = ()
    refiner: ModelRef | None = None
    refined_from: float = REFINED_FROM
    parts: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def strengths(self) -> dict[str, float]:
        """By name, those that an operation's own strength may be."""
        return {"img2img_strength": self.img2img_strength}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ModelRef:
        added = {"adapters": adapters_from_json(value), "refiner": refiner_from_json(value)}
        given: dict[str, Any] = {**value, **added}
        return cls(**given)


def adapters_from_json(model: dict[str, Any]) -> tuple[AdapterRef, ...]:
    """Those of a ModelRef as JSON. Raises TypeError where they are something else."""
    return tuple(AdapterRef(**adapter) for adapter in model.get("adapters", ()))


def refiner_from_json(model: dict[str, Any]) -> ModelRef | None:
    """That of a ModelRef as JSON. Raises TypeError where it is something else."""
    refiner = model.get("refiner")
    return None if refiner is None else ModelRef.from_json(refiner)


@dataclass(frozen=True)
class Made:
    """An artifact that is complete on the disk. bytes: of its file. meta: what is told of it without opening it, `seed`
    and `bounds` (x, y, width, height in document pixels) at least.
    """

    role: str
    media_type: str
    bytes: int
    meta: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Made:
        return cls(value["role"], value["media_type"], int(value["bytes"]), dict(value["meta"]))


@dataclass(frozen=True)
class Task:
    """One run: variation `index` of a job. What it reads and makes has keys of the artifact store (jobs/artifacts.py),
    from which a local executor makes paths before a worker gets the task.

    model: None where the operation uses none. artifacts: where each output goes, by its role. unfinished: is there
    while some of several artifacts are in the store and others are not. durable: whether what it makes must outlive a
    power cut. thumbnail: None, where it is not, since none is made then.
    """

    id: str
    job: str
    index: int
    seed: int
    model: ModelRef | None
    request: str
    artifacts: dict[str, str]
    unfinished: str
    thumbnail: str | None
    durable: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Task:
        model = None if value["model"] is None else ModelRef.from_json(value["model"])
        given: dict[str, Any] = {**value, "model": model}
        return cls(**given)
