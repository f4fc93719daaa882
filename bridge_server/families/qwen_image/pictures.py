"""Pictures that Qwen-Image is shown: as its autoencoder takes them, and as Qwen2.5-VL or Qwen3-VL sees them.

In floating point, of any depth. transformers' own preparation wants torchvision, or pictures of 8 bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from ...edit.resample import resize
from ...pipelines.generation import FloatArray

MERGED, FRAMES = 2, 2  # patches to a token, on each side; a picture is a film of two
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Eye:
    """How a language model sees. patch: pixels of a patch, on each side. mean, deviation: of colours in 0..1."""

    patch: int
    mean: Colour
    deviation: Colour

    @property
    def token(self) -> int:
        """Pixels, on each side."""
        return self.patch * MERGED


QWEN25_VL = Eye(14, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))  # CLIP's colours
QWEN3_VL = Eye(16, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
LEAST, MOST = 56 * 56, 14 * 14 * 4 * 1280  # pixels that Qwen2.5-VL sees


@dataclass(frozen=True)
class Seen:
    """patches: (patches, values of one), float32. rows, columns: of patches."""

    patches: torch.Tensor
    rows: int
    columns: int

    @property
    def tokens(self) -> int:
        return self.rows * self.columns // MERGED**2


def fitted(picture: FloatArray, side: int, multiple: int) -> FloatArray:
    """(h, w, 3) -> the same with about side * side pixels, both sides multiples, as diffusers fits it."""
    ratio = picture.shape[1] / picture.shape[0]
    width = side * math.sqrt(ratio)
    sides = (max(1, round(length / multiple)) * multiple for length in (width, width / ratio))
    return resize(picture, *sides)


def seen(picture: FloatArray) -> Seen:
    """(h, w, 3) in 0..1 as Qwen2.5-VL sees it."""
    height, width = sides_seen(*picture.shape[:2])
    return seen_by(QWEN25_VL, resize(picture, width, height))


def seen_by(eye: Eye, picture: FloatArray) -> Seen:
    """(h, w, 3) in 0..1, of whole tokens; they come in the order of their blocks."""
    height, width = picture.shape[:2]
    values = (picture - np.array(eye.mean, np.float32)) / np.array(eye.deviation, np.float32)
    rows, columns = height // eye.patch, width // eye.patch
    blocks = torch.from_numpy(np.ascontiguousarray(values)).reshape(
        rows // MERGED, MERGED, eye.patch, columns // MERGED, MERGED, eye.patch, 3
    )
    ordered = blocks.permute(0, 3, 1, 4, 6, 2, 5)[:, :, :, :, :, None]
    return Seen(ordered.expand(-1, -1, -1, -1, -1, FRAMES, -1, -1).reshape(rows * columns, -1), rows, columns)


def sides_seen(height: int, width: int) -> tuple[int, int]:
    """Whole tokens, as near to the picture as may be, within the limits."""
    token = QWEN25_VL.token
    sides = round(height / token) * token, round(width / token) * token
    if sides[0] * sides[1] > MOST:
        scale, whole = math.sqrt(MOST / (height * width)), math.floor
    elif sides[0] * sides[1] < LEAST:
        scale, whole = math.sqrt(LEAST / (height * width)), math.ceil
    else:
        return sides
    return max(token, whole(height * scale / token) * token), max(token, whole(width * scale / token) * token)
