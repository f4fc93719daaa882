"""What a finished job leaves in the user's folder: pictures, masks or words, by the kind of output, and parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds
from ..png_file import masked
from ..protocol.frame import Frame, decode
from .outputs import LAYER, TOLD, patterns, write_whole
from .pictures.canvas import flatten, onto_canvas
from .pictures.picture import Picture, Pixels, has_alpha, premultiplied
from .pictures.writing import Target

ELEMENTS = {"U8": np.dtype("u1"), "U16": np.dtype("<u2"), "F32": np.dtype("<f4")}  # of a frame's tensors


@dataclass(frozen=True)
class Results:
    """Where and how results are written. document: None for txt2img; replaced: the layer stands for all of it.

    flattens: False where the document is not at hand, so that layers are written alone. outputs: the kind of each
    output of the operation, by its role. hides: nothing of the document is below the layer.
    """

    out: Path
    target: Target
    document: Picture | None
    replaced: bool
    flattens: bool = True
    outputs: Mapping[str, str] = field(default_factory=lambda: LAYER)
    hides: bool = False

    def write(self, content: bytes, number: int) -> list[Path]:
        """The files of an artifact's frame, by the kind of its output, and result-N.json; those that were written.

        Raises OSError, BridgeError (disk_full, invalid_request).
        """
        frame = decode(content)
        match self.outputs.get(frame.message.get("role", ""), "layer"):
            case "selection":
                written = self._selection(frame, number)
            case "document":
                written = self._picture(frame, number)
            case "text":
                written = self._text(frame, number)
            case _:
                written = self._layer(frame, number)
        told = self.out / TOLD.format(n=number)
        write_whole(told, lambda path: _write_message(path, frame.message))
        return [*written, told]

    def _files(self, frame: Frame, number: int) -> list[Path]:
        files = patterns(self.outputs)
        role = frame.message.get("role", "")
        found = files[role] if role in files else patterns(LAYER)["layer"]
        return [self.out / pattern.format(n=number, kind=self.target.kind) for pattern in found]

    def _layer(self, frame: Frame, number: int) -> list[Path]:
        """flat-N, where there is a document, and layer-N; of a group's layers that alone."""
        place, canvas = _bounds(frame.message["bounds"]), _bounds(frame.message["canvas"])
        image, mask = _array(frame, "image"), _array(frame, "mask")
        *flat, layer = self._files(frame, number)
        multiplied = self.document is not None and self.document.premultiplied
        written: list[Path] = []
        if self.flattens and flat:
            pixels = flatten(self._below(canvas, image), image, mask, place, canvas, premultiplied=multiplied)
            write_whole(flat[0], lambda path: self.target.save(path, pixels, multiplied=multiplied))
            written += flat
        alone, target = onto_canvas(masked(image, mask), place, canvas), self._target(frame, image)
        write_whole(layer, lambda path: target.save(path, alone))
        return [*written, layer]

    def _selection(self, frame: Frame, number: int) -> list[Path]:
        """mask-N.png, gray and as large as the canvas: white is selected."""
        place, canvas = _bounds(frame.message["bounds"]), _bounds(frame.message["canvas"])
        selected = onto_canvas(_array(frame, "mask"), place, canvas)[:, :, np.newaxis]
        (file,) = self._files(frame, number)
        write_whole(file, lambda path: Target("png").save(path, selected))
        return [file]

    def _picture(self, frame: Frame, number: int) -> list[Path]:
        """flat-N, of whatever size it is."""
        image = _array(frame, "image")
        multiplied = self.document is not None and self.document.premultiplied and has_alpha(image)
        pixels = premultiplied(image) if multiplied else image
        (file,), target = self._files(frame, number), self._target(frame, image)
        write_whole(file, lambda path: target.save(path, pixels, multiplied=multiplied))
        return [file]

    def _text(self, frame: Frame, number: int) -> list[Path]:
        (file,) = self._files(frame, number)
        write_whole(file, lambda path: _write_text(path, frame.message["text"]))
        return [file]

    def _target(self, frame: Frame, image: Pixels) -> Target:
        """Where the document is not at hand, in the profile that came with the request.

        Raises BridgeError (invalid_request) for values that the kind of file cannot hold.
        """
        if self.document is not None:
            return self.target
        if self.target.kind == "png" and image.dtype.kind == "f":
            text = "PNG cannot hold the floating-point values of this picture: write it with --format tiff."
            raise BridgeError(ErrorCode.INVALID_REQUEST, text)
        return (
            replace(self.target, profile=bytes(frame.tensor("icc"))) if "icc" in frame.header.tensors else self.target
        )

    def _below(self, canvas: Bounds, image: Pixels) -> Pixels:
        """What the layer lies on: the document on the canvas, or nothing (transparent) where the layer replaces it.

        Light without cover (alpha 0 and colours above it, multiplied by alpha) is of no layer: it stays.
        """
        document = self.document
        if document is None or self.hides or (self.replaced and document.has_alpha):
            below = np.zeros((canvas.height, canvas.width, image.shape[2]), image.dtype)
            if document is not None and document.premultiplied and not self.hides:
                np.copyto(below, document.pixels, where=document.pixels[:, :, -1:] == 0)
            return below
        if canvas == document.bounds:
            return document.pixels
        return onto_canvas(document.pixels, document.bounds, canvas)  # an outpaint's layer is opaque on all it adds


def _write_message(path: Path, message: dict[str, Any]) -> None:
    path.write_text(json.dumps(message, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_text(path: Path, text: str) -> None:
    path.write_text(f"{text}\n", encoding="utf-8")


def _array(frame: Frame, name: str) -> NDArray[Any]:
    spec = frame.header.tensors[name]
    return np.frombuffer(frame.tensor(name), ELEMENTS[spec.dtype]).reshape(spec.shape)


def _bounds(box: dict[str, int]) -> Bounds:
    return Bounds(box["x"], box["y"], box["width"], box["height"])
