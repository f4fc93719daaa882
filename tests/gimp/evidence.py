"""What a scene left behind, read outside GIMP: the XCF, the PNGs, the frames in the daemon's spool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bridge_server.protocol import frame
from tests.gimp.scenes import Scenes
from tests.gimp.xcf import Xcf, XcfLayer, read_xcf

DTYPES = {"U8": np.uint8, "U16": np.uint16, "F32": np.float32}


@dataclass(frozen=True)
class Frame:
    message: dict[str, Any]
    arrays: dict[str, np.ndarray]


def read_frame(path: Path) -> Frame:
    decoded = frame.decode(path.read_bytes())
    arrays = {
        name: np.frombuffer(decoded.tensor(name), DTYPES[spec.dtype]).reshape(spec.shape)
        for name, spec in decoded.header.tensors.items()
    }
    return Frame(decoded.message, arrays)


@dataclass(frozen=True)
class Evidence:
    scenes: Scenes
    report: dict[str, Any]
    spool: Path

    def scene(self, name: str) -> dict[str, Any]:
        return next(scene for scene in self.scenes.scenes if scene["name"] == name)

    def step(self, name: str, number: int = 0) -> dict[str, Any]:
        return self.report[name]["steps"][number]

    def xcf(self, name: str) -> Xcf:
        return read_xcf(self.scenes.work / f"{name}.xcf")

    def png(self, name: str, when: str) -> np.ndarray:
        """The composed picture in RGBA."""
        return np.asarray(Image.open(self.scenes.work / f"{name}-{when}.png").convert("RGBA"))

    def request(self, layer: XcfLayer) -> Frame:
        """The frame that the plug-in sent for this layer."""
        return read_frame(self.spool / layer.note["job"] / "request.frame")

    def result(self, layer: XcfLayer) -> Frame:
        note = layer.note
        return read_frame(self.spool / note["job"] / f"result-{note['result']['index']}.frame")

    def pixels(self, spec: dict[str, Any]) -> np.ndarray:
        return self.scenes.arrays[spec["file"]]

    def specs(self, layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The layers of a scene without its groups."""
        flat: list[dict[str, Any]] = []
        for layer in layers:
            flat += self.specs(layer["children"]) if "children" in layer else [layer]
        return flat


def cut(pixels: np.ndarray, x: int, y: int, box: dict[str, int]) -> np.ndarray:
    """`box` (document pixels) of an array that lies at x, y; zeros outside it."""
    out = np.zeros((box["height"], box["width"], *pixels.shape[2:]), pixels.dtype)
    height, width = pixels.shape[:2]
    left, top = max(x, box["x"]), max(y, box["y"])
    right, bottom = min(x + width, box["x"] + box["width"]), min(y + height, box["y"] + box["height"])
    if left < right and top < bottom:
        out[top - box["y"] : bottom - box["y"], left - box["x"] : right - box["x"]] = pixels[
            top - y : bottom - y, left - x : right - x
        ]
    return out


def with_alpha(pixels: np.ndarray) -> np.ndarray:
    """RGB -> RGBA and gray -> gray and alpha, opaque; others as they are."""
    if pixels.shape[2] in (2, 4):
        return pixels
    full = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1.0
    return np.concatenate([pixels, np.full_like(pixels[..., :1], full)], axis=-1)
