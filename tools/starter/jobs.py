"""A finished model folder at work: every task is a job of the worker's own code, with its plan and its blending."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge_server.cli.pictures.canvas import flatten
from bridge_server.models.folders import read_folder
from bridge_server.pipelines.families import family_of
from bridge_server.pipelines.loader import Loaded
from bridge_server.pipelines.memory import choose_device
from bridge_server.plan.bounds import Bounds
from bridge_server.protocol.frame import Tensor, decode, encode
from bridge_server.protocol.tasks import ModelRef
from bridge_server.protocol.tasks import Task as WorkerTask
from bridge_server.worker.channel import Channel
from bridge_server.worker.runner import run_task
from bridge_server.worker.watch import TaskWatch

from .backgrounds import Picture
from .painting import Task


@dataclass(frozen=True)
class Model:
    """A loaded folder."""

    ref: ModelRef
    loaded: Loaded

    @property
    def side(self) -> int:
        return self.ref.native_side


def open_model(folder: Path) -> Model:
    ref = read_folder(folder, folder.name).ref
    return Model(ref, family_of(ref.family).load(ref, choose_device("cpu"), None))


def run(model: Model, task: Task, seed: int) -> Picture:
    """The picture with the result's layer on it, as the painter sees it."""
    height, width = task.mask.shape
    message = {
        "kind": "inpaint",
        "document": {"width": width, "height": height, "id": "evaluation", "name": "evaluation"},
        "bounds": {"x": 0, "y": 0, "width": width, "height": height},
        "prompt": task.prompt,
        "seed": seed,
    }
    tensors = {"image": _tensor(task.image), "mask": _tensor((task.mask * 255).round().astype(np.uint8))}
    with tempfile.TemporaryDirectory() as folder, _silence() as channel:
        request, result, thumbnail = (Path(folder) / name for name in ("request", "result", "thumbnail"))
        request.write_bytes(b"".join(bytes(part) for part in encode(message, tensors)))
        order = WorkerTask("1", "1", 0, seed, model.ref, str(request), str(result), str(thumbnail))
        run_task(order, lambda _ref, _watch: model.loaded, TaskWatch("1", channel, threading.Event()))
        made = decode(result.read_bytes())
    shapes = {name: spec.shape for name, spec in made.header.tensors.items()}
    layer, mask = (np.frombuffer(made.tensor(name), np.uint8).reshape(shapes[name]) for name in ("image", "mask"))
    place = Bounds(**made.message["bounds"])
    return flatten(task.image, layer, mask, place, Bounds(0, 0, width, height))


@contextmanager
def _silence() -> Iterator[Channel]:
    with Path(os.devnull).open("wb") as nothing:
        yield Channel(nothing)


def _tensor(array: npt.NDArray[np.uint8]) -> Tensor:
    return Tensor("U8", array.shape, np.ascontiguousarray(array).reshape(-1).data)
