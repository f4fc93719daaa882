"""Crops that are made once and learned from many times: shards in a folder, each a function of its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bridge_server.edit.matting.likeness import unlikeness
from bridge_server.edit.subject import Network

from ..backgrounds import Picture
from ..glyphs import Glyph
from .scenes import CROP, Crop, crops, draw_rim_scene, draw_scene
from .shapes import Random

SHARD = 192  # crops
HAIRY = 14  # the first shards, of `draw_scene`; the others are of `draw_rim_scene`
SHARDS = 32
SEED = 41
REAL = frozenset((0, 3, 6, 15, 18, 21, 24))  # with what the network sees, whose look takes longer than all else

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def make_shards(
    folder: Path, wanted: int, photos: tuple[Picture, ...], glyphs: tuple[Glyph, ...], network: Network | None
) -> Iterator[Path]:
    """(SHARD, CROP, CROP, 5) uint8 each: red, green, blue, the network's share, alpha. What is there stays.

    Only those of REAL are made with the network; the others have no share.
    """
    for number in range(wanted):
        path = folder / f"{number:03}.npy"
        if path.exists():
            continue
        looking, draw = network if number in REAL else None, draw_scene if number < HAIRY else draw_rim_scene
        randoms = (np.random.default_rng((SEED, number, scene)) for scene in count())
        scenes = (crops(draw(photos, glyphs, random), looking, random) for random in randoms)
        shard = np.stack([_packed(crop) for crop in islice((crop for scene in scenes for crop in scene), SHARD)])
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            np.save(file, shard)
        unfinished.replace(path)
        yield path


def _packed(crop: Crop) -> Bytes:
    return np.dstack([crop.picture, crop.share, crop.alpha])


@dataclass(frozen=True)
class Batch:
    """seen: (n, 8, side, side) float32, colours, share and unlikeness, 0 to 1; alpha: (n, side, side)."""

    seen: Floats
    alpha: Floats


def make_batch(shards: list[Bytes], size: int, side: int, random: Random) -> Batch:
    """Crops at other scales, mirrored and turned, in other colours, a part of them with a blob that is made up."""
    samples: Floats = np.empty((size, side, side, 5), np.float32)
    for number in range(size):
        shard = shards[random.integers(len(shards))]
        samples[number] = _varied(shard[random.integers(len(shard))], side, random)
    seen = np.stack([np.dstack([one[..., :4], unlikeness(one[..., :3], one[..., 3])]) for one in samples])
    return Batch(np.ascontiguousarray(seen.transpose(0, 3, 1, 2)), np.ascontiguousarray(samples[..., 4]))


def _varied(sample: Bytes, side: int, random: Random) -> Floats:
    extent = int(np.clip(side * np.exp(random.uniform(np.log(0.8), np.log(1.6))), side // 2, CROP))
    y, x = random.integers(0, CROP - extent + 1, (2, 2)).sum(axis=0) // 2  # rather the middle
    part = sample[y : y + extent, x : x + extent].astype(np.float32) / 255
    if extent != side:
        way = cv2.INTER_AREA if extent > side else cv2.INTER_LINEAR
        part = np.dstack([cv2.resize(part[..., :3], (side, side), interpolation=way),
                          cv2.resize(part[..., 3:], (side, side), interpolation=way)])  # fmt: skip
    if random.random() < 0.5:
        part = part[:, ::-1]
    part = np.rot90(part, random.integers(4)).copy()
    if random.random() < 0.5:
        color = part[..., :3] ** np.float32(np.exp(random.normal(0, 0.25)))
        color = color * np.exp(random.normal(0, 0.12, 3)).astype(np.float32)
        gray = color.mean(-1, keepdims=True)
        part[..., :3] = np.clip(gray + (color - gray) * np.float32(random.uniform(0.2, 1.3)), 0, 1)
    if random.random() < 0.2:
        part[..., :3] = part[..., random.permutation(3)]
    if random.random() < 0.15 or not sample[..., 3].any():
        part[..., 3] = _blob(part[..., 4], random)
    return part


def _blob(alpha: Floats, random: Random) -> Floats:
    """What a network would make of it: without what is thin, blurred, with parts too many and parts missing."""
    thin = int(np.exp(random.uniform(0, np.log(24))))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thin, thin))
    coarse = cv2.morphologyEx(np.ascontiguousarray(alpha), cv2.MORPH_OPEN, disc)
    coarse = np.asarray(
        cv2.GaussianBlur(coarse, (0, 0), float(np.exp(random.uniform(np.log(0.4), np.log(7))))), np.float32
    )
    cells = random.normal(0, random.choice((0, 0.15, 0.35)), (int(random.integers(2, 12)),) * 2).astype(np.float32)
    unsure = np.asarray(cv2.resize(cells, alpha.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
    near = np.asarray(cv2.GaussianBlur(coarse, (0, 0), 8), np.float32)
    coarse = coarse + unsure * 4 * near * (1 - near)
    edge, firm = random.uniform(0.25, 0.75), random.uniform(1, 4)
    return np.clip((coarse - np.float32(edge)) * np.float32(firm) + np.float32(0.5), 0, 1)
