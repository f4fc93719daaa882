"""The starter model that ships with Layerbridge: its autoencoder alone, and the whole of it, both cached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import bridge_server
from bridge_server.models.reading import read_json
from bridge_server.pipelines.families import family_of
from bridge_server.pipelines.generation import Generation, Unwatched
from bridge_server.pipelines.latents import decode_latents, encode_image
from bridge_server.pipelines.loader import Loaded, load
from bridge_server.pipelines.memory import Device
from bridge_server.pipelines.refine import generate_in_tiles
from bridge_server.protocol.tasks import ModelRef

from .methods import Ask, Image, Model, Twice
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
    family = family_of(ref.family)
    name = f"inpaint {ref.hash} {SEED} {strength} {ref.steps} {ref.guidance_scale}"

    def paint(ask: Ask) -> Image:
        twice = ask.twice
        if twice is None:
            generation = order(ref, ask.image, ask.mask, strength)
            cache = Cache(folder, name)
            return cache.get((ask.image, ask.mask), lambda: family.generate(loaded, generation, Unwatched()).pixels)
        return Cache(folder, f"{name} {twice.refine}").get(
            (ask.image, ask.mask, twice.image, twice.mask), lambda: in_tiles(twice)
        )

    def in_tiles(twice: Twice) -> Image:
        first = order(ref, twice.image, twice.mask, strength)
        return generate_in_tiles(family, loaded, first, twice.refine, twice.working, Unwatched()).pixels

    return paint


def order(ref: ModelRef, image: Image, mask: Image, strength: float) -> Generation:
    """What the worker would order of the model."""
    height, width = mask.shape
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
        image=image,
        mask=mask,
    )
