"""generate: paint with picture files. Reads, plans, sends the crop, shows progress, writes pictures and parameters."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..config import find_home
from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds
from ..protocol.frame import Buffer, Tensor, decode, encode
from .connection import Connection, connect, start
from .main import EXIT_FAILED
from .pictures import Picture, Pixels, crop, flatten, onto_canvas, read_mask, read_picture, save
from .progress import follow


@dataclass(frozen=True)
class Work:
    """What was asked: the document (None for txt2img), the selection, and the options."""

    options: argparse.Namespace
    document: Picture | None
    mask: Pixels | None
    size: Bounds


def generate(options: argparse.Namespace) -> int:
    home = find_home()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    running = connect(home)
    if running is None and not options.quiet:
        print("Starting the daemon…", file=sys.stderr)
    connection = running or start(home)
    work = read_work(options, connection)
    job = submit(work, connection)
    finished = follow(connection, job, quiet=options.quiet)
    for number, info in enumerate(finished["results"], start=1):
        content = connection.raw("GET", f"/v1/jobs/{job}/results/{info['index']}", [])
        write_result(work, content, out, number)
    for warning in finished["warnings"]:
        print(f"layerbridge: note: {warning['message']}", file=sys.stderr)
    if finished["state"] != "done":
        error = finished["error"] or {"message": "The job was cancelled."}
        print(f"layerbridge: {error['message']}", file=sys.stderr)
        return EXIT_FAILED
    return 0


def read_work(options: argparse.Namespace, connection: Connection) -> Work:
    """Raises BridgeError and OSError for files that cannot be used."""
    if options.kind == "txt2img":
        width, height = options.size or native_size(connection, options.model)
        return Work(options, None, None, Bounds(0, 0, width, height))
    document = read_picture(Path(options.image))
    if document.note:
        print(f"layerbridge: note: {document.note}", file=sys.stderr)
    chosen = getattr(options, "mask", None)
    mask = None if chosen is None else read_mask(Path(chosen), document.bounds)
    return Work(options, document, mask, document.bounds)


def native_size(connection: Connection, model: str | None) -> tuple[int, int]:
    models = connection.call("GET", "/v1/models")["models"]
    found = [entry for entry in models if (entry["name"] == model if model else entry["default"])]
    side = found[0]["native_side"] if found else 512
    return side, side


def selection_box(mask: Pixels | None) -> Bounds | None:
    """The box around all that is selected. Raises empty_selection where nothing is."""
    if mask is None:
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise BridgeError(ErrorCode.EMPTY_SELECTION, "The mask is all black: there is nothing to paint. White selects.")
    return Bounds.from_edges(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _box(bounds: Bounds) -> dict[str, int]:
    return {"x": bounds.x, "y": bounds.y, "width": bounds.width, "height": bounds.height}


def _bounds(box: dict[str, int]) -> Bounds:
    return Bounds(box["x"], box["y"], box["width"], box["height"])


def submit(work: Work, connection: Connection) -> str:
    """Plan, send the crop the plan asks for; returns the job's id."""
    options = work.options
    margins = {side: getattr(options, side, 0) for side in ("left", "top", "right", "bottom")}
    shared: dict[str, Any] = {
        "kind": options.kind,
        "document": {"width": work.size.width, "height": work.size.height, "name": _name(options)},
        "margins": margins,
        "strength": options.strength,
        "model": options.model,
        "grow": options.grow,
        "feather": options.feather,
        "padding": options.padding,
        "keep_to_selection": options.keep_to_selection,
    }
    selection = selection_box(work.mask)
    plan = connection.call("POST", "/v1/plan", shared | {"selection": None if selection is None else _box(selection)})
    capture = _bounds(plan["capture"])
    message = shared | {
        "bounds": plan["capture"],
        "prompt": options.prompt,
        "negative_prompt": options.negative_prompt,
        "seed": options.seed,
        "steps": options.steps,
        "guidance_scale": options.guidance,
        "sampler": options.sampler,
        "count": options.count,
    }
    tensors: dict[str, Tensor] = {}
    if work.document is not None:
        tensors["image"] = _tensor(crop(work.document.pixels, capture))
    if work.mask is not None:
        tensors["mask"] = _tensor(crop(work.mask, capture))
    parts: list[Buffer] = encode(message, tensors)
    headers = {"Content-Type": "application/octet-stream"}
    return json.loads(connection.raw("POST", "/v1/jobs", parts, headers))["id"]


def _name(options: argparse.Namespace) -> str:
    image = getattr(options, "image", None)
    return Path(image).name if image else ""


def _tensor(pixels: Pixels) -> Tensor:
    return Tensor("U8", pixels.shape, pixels.reshape(-1).data)


def write_result(work: Work, content: bytes, out: Path, number: int) -> None:
    """flat-N.png, layer-N.png and result-N.json; prints their paths."""
    frame = decode(content)
    message = frame.message
    place, canvas = _bounds(message["bounds"]), _bounds(message["canvas"])
    image = np.frombuffer(frame.tensor("image"), np.uint8).reshape(frame.header.tensors["image"].shape)
    mask = np.frombuffer(frame.tensor("mask"), np.uint8).reshape(place.height, place.width)
    layer, layer_mask = onto_canvas(image, place, canvas), onto_canvas(mask, place, canvas)
    shown = layer.copy()
    shown[:, :, -1] = np.rint(layer[:, :, -1].astype(np.float32) * layer_mask / 255.0)
    if shown.shape[2] == 2:
        shown = np.dstack([shown[:, :, :1]] * 3 + [shown[:, :, 1:]])
    files = [out / f"{name}-{number}.{kind}" for name, kind in (("flat", "png"), ("layer", "png"), ("result", "json"))]
    save(files[0], flattened(work, layer, layer_mask, canvas))
    save(files[1], shown)
    files[2].write_text(json.dumps(message, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for file in files:
        print(file)


def flattened(work: Work, layer: Pixels, mask: Pixels, canvas: Bounds) -> Pixels:
    """The document with the result applied, as an editor would show it."""
    document = work.document
    if document is None:
        below = np.zeros_like(layer)
    elif work.options.kind == "outpaint":
        below = onto_canvas(_with_alpha(document), document.bounds, canvas)
        if not document.has_alpha:
            return flatten(below, layer, mask)[:, :, : document.pixels.shape[2]]
    elif work.options.kind == "img2img" and work.mask is None and document.has_alpha:
        below = np.zeros_like(layer)  # the new layer takes its source's place
    else:
        below = onto_canvas(document.pixels, document.bounds, canvas)
    return flatten(below, layer, mask)


def _with_alpha(document: Picture) -> Pixels:
    if document.has_alpha:
        return document.pixels
    opaque = np.full((*document.pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([document.pixels, opaque], axis=2)
