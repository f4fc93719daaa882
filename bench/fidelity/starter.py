"""The starter model that ships with Layerbridge: its autoencoder alone, and the whole of it, both cached."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.models.catalog import STARTER
from bridge_server.models.folders import read_folder
from bridge_server.pipelines.family import FamilyModel, Loaded, LoadOrder, code_of
from bridge_server.pipelines.generation import Generation, Picture, Unwatched, Watch
from bridge_server.pipelines.latents import decode_latents, encode_image
from bridge_server.pipelines.loader import load
from bridge_server.pipelines.memory import Device
from bridge_server.protocol.envelope import Document, JobRequest
from bridge_server.worker.clock import TaskClock
from bridge_server.worker.painting import Painter, Start, generation_for, paint
from bridge_server.worker.request import Order

from .methods import Ask, Edit, Image, Model
from .models import Cache, Paint

SEED = 4


def load_starter() -> StableDiffusion:
    """As the catalogue finds it, with all its settings."""
    loaded = load(read_folder(STARTER, STARTER.name).ref, builtin(), Device("cpu", None), None)
    assert isinstance(loaded, StableDiffusion)
    return loaded


def autoencoder(loaded: StableDiffusion, folder: Path) -> Paint:
    """Encode and decode: (h, w, 3) 0 to 1, sides divisible by the factor."""
    cache = Cache(folder, f"autoencoder {loaded.ref.hash}")

    def paint(image: Image) -> Image:
        unit = np.clip(image, 0, 1).astype(np.float32)
        return cache.get((unit,), lambda: round_trip(unit))

    def round_trip(unit: Image) -> Image:
        return decode_latents(loaded.vae, encode_image(loaded.vae, unit, loaded.device.torch))

    return paint


def starter(loaded: StableDiffusion, folder: Path, strength: float = 1.0) -> Model:
    """Inpaints without words and with one seed.

    An edit of ours is painted as the worker paints a user's removal: with the model's own strength for it, from its
    start, in one pass or two. What other methods feed it is painted once, with `strength`.
    """
    painter = painter_of(loaded, folder)

    def run(ask: Ask) -> Image:
        if ask.edit is not None:
            picture, _ = paint(order_of(ask.edit), ask.edit.plan, SEED, painter)
            return picture.pixels
        height, width = ask.mask.shape
        request = _request(width, height, strength)
        start = Start(width, height, ask.image, ask.mask)
        generation = generation_for(request, painter.model, start, SEED)
        return painter.family.generate(loaded, generation, painter.watch).pixels

    return run


def painter_of(loaded: StableDiffusion, folder: Path | None) -> Painter:
    """What the worker paints with; runs that are in the folder already are not repeated."""
    code = code_of(builtin().named(loaded.ref.family))
    if folder is not None:
        code = _Cached(code, folder)
    return Painter(loaded.ref, code, loaded, Unwatched(), TaskClock())


def order_of(edit: Edit) -> Order:
    """A job without a word and without a strength."""
    document = edit.plan.document
    return Order(_request(document.width, document.height, None), edit.source)


def _request(width: int, height: int, strength: float | None) -> JobRequest:
    params = {"strength": strength}
    return JobRequest(operation="inpaint", version=1, params=params, document=Document(width=width, height=height))


@dataclass(frozen=True)
class _Cached:
    """A family's code whose runs are kept in a folder."""

    code: FamilyModel
    folder: Path

    def load(self, order: LoadOrder) -> Loaded:
        return self.code.load(order)

    def generate(self, loaded: Loaded, generation: Generation, watch: Watch) -> Picture:
        arrays = tuple(array for array in (generation.image, generation.mask) if array is not None)
        cache = Cache(self.folder, f"{loaded.ref.hash} {replace(generation, image=None, mask=None)}")
        pixels = cache.get(arrays, lambda: self.code.generate(loaded, generation, watch).pixels)
        return Picture(pixels, generation.steps_to_run, generation.sampler)
