"""What a finished job leaves in the user's folder: the flattened picture, the layer, and the parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..plan.bounds import Bounds
from ..protocol.frame import Frame, decode
from .outputs import names, write_whole
from .pictures.canvas import flatten, masked, onto_canvas
from .pictures.picture import Picture, Pixels
from .pictures.writing import Target

ELEMENTS = {"U8": np.dtype("u1"), "U16": np.dtype("<u2"), "F32": np.dtype("<f4")}  # of a frame's tensors


@dataclass(frozen=True)
class Results:
    """Where and how results are written. document: None for txt2img; replaced: the layer stands for all of it.

    flattens: False where the document is not at hand, so that only layers and parameters are written.
    """

    out: Path
    target: Target
    document: Picture | None
    replaced: bool
    flattens: bool = True

    def write(self, content: bytes, number: int) -> list[Path]:
        """flat-N, layer-N and result-N.json of a result frame; the files that were written.

        Raises OSError, BridgeError (disk_full).
        """
        frame = decode(content)
        place, canvas = _bounds(frame.message["bounds"]), _bounds(frame.message["canvas"])
        image, mask = _array(frame, "image"), _array(frame, "mask")
        flat, layer, told = (self.out / name for name in names(number, self.target.kind))
        multiplied = self.document is not None and self.document.premultiplied
        written: list[Path] = []
        if self.flattens:
            pixels = flatten(self._below(canvas, image), image, mask, place, canvas, premultiplied=multiplied)
            write_whole(flat, lambda path: self.target.save(path, pixels, multiplied=multiplied))
            written.append(flat)
        alone = onto_canvas(masked(image, mask), place, canvas)
        write_whole(layer, lambda path: self.target.save(path, alone))
        write_whole(told, lambda path: _write_message(path, frame.message))
        return [*written, layer, told]

    def _below(self, canvas: Bounds, image: Pixels) -> Pixels:
        """What the layer lies on: the document on the canvas, or nothing (transparent) where the layer replaces it.

        Light without cover (alpha 0 and colours above it, multiplied by alpha) is of no layer: it stays.
        """
        document = self.document
        if document is None or (self.replaced and document.has_alpha):
            below = np.zeros((canvas.height, canvas.width, image.shape[2]), image.dtype)
            if document is not None and document.premultiplied:
                np.copyto(below, document.pixels, where=document.pixels[:, :, -1:] == 0)
            return below
        if canvas == document.bounds:
            return document.pixels
        return onto_canvas(document.pixels, document.bounds, canvas)  # an outpaint's layer is opaque on all it adds


def _write_message(path: Path, message: dict[str, Any]) -> None:
    path.write_text(json.dumps(message, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _array(frame: Frame, name: str) -> NDArray[Any]:
    spec = frame.header.tensors[name]
    return np.frombuffer(frame.tensor(name), ELEMENTS[spec.dtype]).reshape(spec.shape)


def _bounds(box: dict[str, int]) -> Bounds:
    return Bounds(box["x"], box["y"], box["width"], box["height"])
