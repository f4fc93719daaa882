"""Photographs and computed pictures that things are painted on; a fixed part of the photographs is held out.

Photographs, their makers and licences are listed in SOURCES. Nothing else may be added that is not CC0, in the public
domain or CC-BY.
"""

from __future__ import annotations

import base64
import re
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Picture = npt.NDArray[np.uint8]
"""(H, W, 3), sRGB."""

HELD_OUT_SHARE = 0.2
BRIGHTEST = 1e6  # where halves in the source pictures ran over
EXPOSURES = (0.18, 0.4)  # where the median of an environment photograph lands before the tone curve
SCIKIT_IMAGE = "scikit-image sample data, "
SOURCES = {
    "astronaut.png": SCIKIT_IMAGE + "NASA, public domain",
    "chelsea.png": SCIKIT_IMAGE + "Stefan van der Walt, CC0",
    "coffee.png": SCIKIT_IMAGE + "Rachel Michetti, CC0",
    "rocket.jpg": SCIKIT_IMAGE + "SpaceX, public domain",
    "hubble_deep_field.jpg": SCIKIT_IMAGE + "NASA, public domain",
    "brick.png": SCIKIT_IMAGE + "CC0Textures Bricks25, CC0",
    "grass.png": SCIKIT_IMAGE + "CC0",
    "gravel.png": SCIKIT_IMAGE + "CC0Textures Gravel04, CC0",
    "camera.png": SCIKIT_IMAGE + "Lav Varshney, CC0",
    "china.jpg": "scikit-learn sample image, danielbuechele on Flickr, CC-BY 2.0",
    "flower.jpg": "scikit-learn sample image, vultilion on Flickr, CC-BY 2.0",
}
"""Single pictures by file name. All files named *.exr.js come from npm's @pmndrs/assets (CC0)."""


@dataclass(frozen=True)
class Backgrounds:
    """Decoded photographs, split so that no picture (in any exposure) is on both sides."""

    training: tuple[Picture, ...]
    held_out: tuple[Picture, ...]


def is_held_out(name: str) -> bool:
    """Whether a picture belongs to the evaluation, settled by its name alone."""
    stem = name.split(".")[0].split("@")[0]
    return zlib.crc32(f"starter {stem}".encode()) / 2**32 < HELD_OUT_SHARE


def load_backgrounds(folder: Path) -> Backgrounds:
    """Every known picture below the folder. Raises FileNotFoundError where a side of the split stays empty."""
    split: dict[bool, list[Picture]] = {True: [], False: []}
    for name, picture in _read_pictures(folder):
        split[is_held_out(name)].append(picture)
    if not split[True] or not split[False]:
        raise FileNotFoundError(f"too few background pictures below {folder}")
    return Backgrounds(tuple(split[False]), tuple(split[True]))


def _read_pictures(folder: Path) -> Iterator[tuple[str, Picture]]:
    for path in sorted(folder.rglob("*")):
        if path.name in SOURCES:
            yield path.name, np.asarray(Image.open(path).convert("RGB"))
        elif path.name.endswith(".exr.js"):
            linear = read_environment(path)
            for exposure in EXPOSURES:
                yield f"{path.name}@{exposure}", tone_map(linear, exposure)


def read_environment(path: Path) -> npt.NDArray[np.float32]:
    """A base64-packed OpenEXR picture of @pmndrs/assets: (H, W, 3), linear light."""
    import OpenEXR  # only here: the wheels of OpenCV cannot read EXR

    packed = re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text("ascii"))
    if packed is None:
        raise ValueError(f"{path.name} holds no picture")
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / "picture.exr"
        unpacked.write_bytes(base64.b64decode(packed[1]))
        channels = OpenEXR.File(str(unpacked)).channels()
    for together in ("RGB", "RGBA"):
        if together in channels:
            return channels[together].pixels[..., :3].astype(np.float32)
    return np.stack([channels[name].pixels for name in "RGB"], -1).astype(np.float32)


def tone_map(linear: npt.NDArray[np.float32], exposure: float) -> Picture:
    """Linear light -> sRGB: the median at `exposure`, Reinhard's curve, gamma 2.2; overflown suns are white."""
    linear = np.nan_to_num(linear, nan=0.0, posinf=BRIGHTEST, neginf=0.0).clip(0, BRIGHTEST)
    scaled = linear * (exposure / max(float(np.median(linear.mean(-1))), 1e-6))
    return (np.clip(scaled / (1 + scaled), 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)


def photo_crop(pictures: tuple[Picture, ...], side: int, rng: np.random.Generator) -> Picture:
    """A random square of one picture, 0.75 to 2.5 times `side` wide before it is scaled, half of them mirrored."""
    picture = pictures[rng.integers(len(pictures))]
    limit = min(picture.shape[:2])
    extent = int(np.clip(side * np.exp(rng.uniform(np.log(0.75), np.log(2.5))), 16, limit))
    y, x = (int(rng.integers(0, size - extent + 1)) for size in picture.shape[:2])
    crop = picture[y : y + extent, x : x + extent]
    scaled = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA if extent > side else cv2.INTER_LINEAR)
    return np.ascontiguousarray(scaled[:, ::-1]) if rng.random() < 0.5 else scaled


def flat(side: int, rng: np.random.Generator) -> Picture:
    """One colour; four in ten are white."""
    colour = np.full(3, 255) if rng.random() < 0.4 else rng.integers(0, 256, 3)
    return np.broadcast_to(colour.astype(np.uint8), (side, side, 3)).copy()


def gradient(side: int, rng: np.random.Generator) -> Picture:
    """From one colour to another in a random direction, sometimes with a horizon between them."""
    start, end = rng.uniform(0, 255, (2, 3)).astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    share = rows * np.sin(angle) + columns * np.cos(angle) + 0.5
    if rng.random() < 0.3:
        share = np.clip((share - 0.5) * rng.uniform(8, 60) + 0.5, 0, 1)
    return np.clip(start + (end - start) * np.clip(share, 0, 1)[..., None], 0, 255).astype(np.uint8)


def clouds(side: int, rng: np.random.Generator) -> Picture:
    """Fractal noise between two colours; stretched one way, it looks like wood, water or cloth."""
    stretch = ((1, 1), (1, 1), (1, 4), (4, 1))[rng.integers(4)]
    falloff = rng.uniform(0.5, 1.1)
    height = np.zeros((side, side), np.float32)
    for octave in (2, 4, 8, 16, 32):
        cells = rng.random((max(2, octave // stretch[0]), max(2, octave // stretch[1])), np.float32)
        height += cv2.resize(cells, (side, side), interpolation=cv2.INTER_CUBIC) / octave**falloff
    height = (height - height.min()) / max(float(np.ptp(height)), 1e-6)
    start, end = rng.uniform(0, 255, (2, 3)).astype(np.float32)
    return np.clip(start + (end - start) * height[..., None], 0, 255).astype(np.uint8)


def draw_background(photos: tuple[Picture, ...], side: int, rng: np.random.Generator, photo_share: float) -> Picture:
    """A photograph with the probability `photo_share`, else clouds, a gradient or a flat colour."""
    if rng.random() < photo_share:
        return photo_crop(photos, side, rng)
    return (clouds, gradient, flat)[rng.choice(3, p=(0.4, 0.3, 0.3))](side, rng)
