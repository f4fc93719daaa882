"""The starter model that ships with Layerbridge: its autoencoder alone, and the whole of it, both cached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import bridge_server
from bridge_server.models.overrides import read_json
from bridge_server.pipelines.families import family_of
from bridge_server.pipelines.generation import Generation, Unwatched
from bridge_server.pipelines.latents import decode_latents, encode_image
from bridge_server.pipelines.loader import Loaded, load
from bridge_server.pipelines.memory import Device
from bridge_server.protocol.tasks import ModelRef

from .methods import Ask, Image, Model
from .models import Cache, Paint

FOLDER = Path(bridge_server.__file__).parent / "models" / "starter"
SEED = 4


def load_starter() -> Loaded:
    about: dict[str, Any] = read_json(FOLDER / "layerbridge.json")
    ref = ModelRef(
        name="starter",
        path=str(FOLDER),
        source="folder",
        family="starter",
        hash="",
        native_side=about["native_side"],
        multiple=about["multiple"],
        inpaint_model=True,
        steps=about["steps"],
        guidance_scale=about["guidance_scale"],
    )
    return load(ref, Device("cpu", None), None)


def autoencoder(loaded: Loaded, folder: Path) -> Paint:
    """Encode and decode: (h, w, 3) 0 to 1, sides divisible by the factor."""
    cache = Cache(folder, f"autoencoder {loaded.ref.hash}")

    def paint(image: Image) -> Image:
        unit = np.clip(image, 0, 1).astype(np.float32)
        return cache.get((unit,), lambda: round_trip(unit))

    def round_trip(unit: Image) -> Image:
        return decode_latents(loaded.vae, encode_image(loaded.vae, unit, loaded.device.torch))

    return paint


def starter(loaded: Loaded, folder: Path, strength: float = 1.0) -> Model:
    """Inpaints what a method feeds it, without words and with one seed."""
    ref = loaded.ref
    cache = Cache(folder, f"inpaint {ref.hash} {SEED} {strength} {ref.steps} {ref.guidance_scale}")

    def paint(ask: Ask) -> Image:
        return cache.get((ask.image, ask.mask), lambda: inpaint(order(ref, ask, strength)))

    def inpaint(generation: Generation) -> Image:
        return family_of(ref.family).generate(loaded, generation, Unwatched()).pixels

    return paint


def order(ref: ModelRef, ask: Ask, strength: float) -> Generation:
    """What the worker would order of the model."""
    height, width = ask.mask.shape
    return Generation(
        kind="inpaint",
        prompt="",
        negative_prompt="",
        width=width,
        height=height,
        strength=strength,
        steps=ref.steps,
        guidance_scale=ref.guidance_scale,
        sampler="auto",
        seed=SEED,
        image=ask.image,
        mask=ask.mask,
    )
