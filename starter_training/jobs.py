"""A finished model folder at work: every task is what the worker would order of it at its native size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge_server.edit.fill.removal import continue_lines
from bridge_server.families.registry import builtin
from bridge_server.models.folders import read_folder
from bridge_server.pipelines.family import Loaded, code_of
from bridge_server.pipelines.generation import Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device
from bridge_server.protocol.envelope import Document, JobRequest
from bridge_server.protocol.tasks import ModelRef
from bridge_server.worker.painting import Start, generation_for
from bridge_server.worker.request import painting_strength, strength_of

from .backgrounds import Picture
from .painting import Task


@dataclass(frozen=True)
class Model:
    """A loaded folder."""

    ref: ModelRef
    loaded: Loaded

    @property
    def side(self) -> int:
        return self.ref.native_resolution


def open_model(folder: Path) -> Model:
    ref = read_folder(folder, folder.name).ref
    return Model(ref, load_model(ref, builtin(), choose_device("cpu"), None))


def run(model: Model, task: Task, seed: int) -> Picture:
    """The picture with the mask repainted, and nothing else: neither scaled nor blended, as the edit core would."""
    side, ref = model.side, model.ref
    request = JobRequest(
        operation="inpaint", version=1, params={"prompt": task.prompt}, document=Document(width=side, height=side)
    )
    image = continue_lines(task.image.astype(np.float32) / 255, task.mask > 0.5)
    removes = painting_strength(request, ref) < strength_of(request, ref)
    generation = generation_for(request, ref, Start(side, side, image, task.mask, removes=removes), seed)
    made = code_of(builtin().named(model.ref.family)).generate(model.loaded, generation, Unwatched())
    painted = (made.pixels * 255).round().astype(np.uint8)
    return np.where(task.mask[..., None] > 0.5, painted, task.image)
