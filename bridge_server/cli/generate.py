"""generate: paint with picture files. Reads, plans, sends the crop, shows progress, writes pictures and parameters."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import find_home
from ..errors import BridgeError
from ..models.described import BASE
from ..operations.base import Operation
from ..operations.mentions import mentioned
from ..operations.table import model_option
from ..plan.bounds import Bounds
from ..protocol.envelope import PlanRequest
from ..protocol.frame import Buffer, Tensor, encode
from .connection import Connection, connect, start
from .encoded import Encoded, read_encoded
from .interrupts import ending_signals, held_back
from .main import fail
from .options import further_files, num_images_of, options_given
from .outputs import kinds_of, prepare_folder, say_path
from .pictures.canvas import crop
from .pictures.picture import Picture, Pixels, straight
from .pictures.reading import read_picture
from .pictures.writing import choose_target
from .progress import follow
from .results import ELEMENTS, Results
from .selection import read_selection, selection_box

HOW_TO_FETCH = "Variations that are finished are kept: `layerbridge jobs fetch {job} --out FOLDER` writes them."


@dataclass(frozen=True)
class Work:
    """What was asked: an operation with the options that were typed, the document (None: of no picture), the selection
    (H, W) uint8, the size of the canvas, the document's name, the further pictures by their role, the LoRAs with
    their weights, and what does the end of the schedule, with where it begins.
    """

    operation: Operation
    given: Mapping[str, Any]
    document: Picture | None
    mask: NDArray[np.uint8] | None
    size: Bounds
    name: str = ""
    further: Mapping[str, Encoded] = field(default_factory=dict[str, Encoded])
    loras: Sequence[tuple[str, float]] = ()
    refiners: Sequence[tuple[str, float]] = ()

    @property
    def replaces_all(self) -> bool:
        """Whether the layer stands for the whole document, transparency included: it is a new version of the layer that
        was read. What is made of all that is visible lies above it.
        """
        read = self.operation.inputs.get("image")
        is_version = read is not None and read.source == "layer"
        return self.document is not None and self.mask is None and is_version


def generate(options: argparse.Namespace) -> int:
    home = find_home()
    out = Path(options.out)
    operation: Operation = options.operation
    given = options_given(operation, options)
    image, chosen = getattr(options, "image", None), getattr(options, "mask", None)
    document = None if image is None else read_document(Path(image))
    target = choose_target(document, options.format)
    mask = read_chosen(chosen, document)
    kinds = kinds_of(operation.outputs)
    files = further_files(operation, options)
    further = {role: read_encoded(Path(file)) for role, file in files.items()}
    inputs = [Path(file) for file in (image, chosen, *files.values()) if file]
    prepare_folder(out, num_images_of(operation, given), target.kind, inputs, kinds)
    running = connect(home)
    if running is None:
        note("starting the daemon; it goes on running afterwards (`layerbridge stop` ends it)")
    connection = running or start(home)
    size = document.bounds if document else Bounds(0, 0, *(options.size or native_size(connection, given.get("model"))))
    work = Work(operation, given, document, mask, size, _name(image), further, *_added(options))
    hides = any(output.hides_source for output in operation.outputs.values())
    results = Results(out, target, document, work.replaces_all, outputs=kinds, hides=hides)
    return _paint(work, connection, results, quiet=options.quiet)


def _paint(work: Work, connection: Connection, results: Results, *, quiet: bool) -> int:
    """Submit the job and write its variations as they come; the exit code."""
    with ending_signals(), held_back() as held:
        job = submit(work, connection)
        said: set[Path] = set()

        def write(info: dict[str, Any]) -> None:
            content = connection.raw("GET", f"/v1/jobs/{job}/artifacts/{info['role']}/{info['index']}", [])
            for file in results.write(content, info["index"] + 1):
                if file not in said:
                    say_path(file)
                said.add(file)

        try:
            finished = follow(connection, job, write, begin=held.release, quiet=quiet)
        except (OSError, BridgeError) as error:
            return fail(f"{_sentence(error)} {HOW_TO_FETCH.format(job=job)}")
    for warning in finished["warnings"]:
        note(warning["message"])
    if finished["state"] != "done":
        error = finished["error"] or {"message": "The job was cancelled."}
        return fail(error["message"])
    return 0


def _sentence(error: OSError | BridgeError) -> str:
    if isinstance(error, BridgeError):
        return error.message
    return f"{error.filename} cannot be written: {error.strerror or error}."


def note(sentence: str) -> None:
    print(f"layerbridge: note: {sentence}", file=sys.stderr)


def read_document(path: Path) -> Picture:
    document = read_picture(path)
    for sentence in document.notes:
        note(sentence)
    return document


def read_chosen(chosen: str | None, document: Picture | None) -> NDArray[np.uint8] | None:
    if chosen is None or document is None:
        return None
    mask, notes = read_selection(Path(chosen), document.bounds)
    for sentence in notes:
        note(sentence)
    return mask


def native_size(connection: Connection, model: str | None) -> tuple[int, int]:
    models = connection.call("GET", "/v1/models")["models"]
    paints = [entry for entry in models if entry["role"] in (BASE, "")]
    found = [entry for entry in paints if (_is_meant(entry, model) if model else entry["default"])]
    side = (found[0]["native_resolution"] if found else 0) or 512  # unknown or unusable: the daemon says so
    return side, side


def _is_meant(entry: dict[str, Any], model: str) -> bool:
    """As the daemon reads a model's name."""
    path = entry["path"]
    return model in (entry["name"], path, Path(path).name) or entry["name"].lower() == model.strip().lower()


def _box(bounds: Bounds) -> dict[str, int]:
    return {"x": bounds.x, "y": bounds.y, "width": bounds.width, "height": bounds.height}


def _bounds(box: dict[str, int]) -> Bounds:
    return Bounds(box["x"], box["y"], box["width"], box["height"])


def submit(work: Work, connection: Connection) -> str:
    """Plan where there is something to plan, and send the crop that is asked for; returns the job's id."""
    spec, options = work.operation, dict(work.given)
    shared: dict[str, Any] = {
        "operation": spec.name,
        "document": {"width": work.size.width, "height": work.size.height, "name": work.name},
    }
    selection = selection_box(work.mask)
    capture = work.size
    if spec.planner is not None:
        asked = {name: value for name, value in options.items() if name in PlanRequest.model_fields}
        if work.further:  # a daemon of before does not know it
            asked["further"] = list(work.further)
        box = None if selection is None else _box(selection)
        capture = _bounds(connection.call("POST", "/v1/plan", {**shared, **asked, "selection": box})["capture"])
    model = options.pop(model_option(spec) or "", None)
    covered = {"bounds": _box(capture)}
    inputs: dict[str, Any] = {}
    tensors: dict[str, Tensor] = {}
    document = work.document
    if document is not None:
        seen = crop(document.pixels, capture)
        tensors["image"] = _tensor(straight(seen) if document.premultiplied else seen)
        inputs["image"] = covered | ({} if document.profile is None else {"profile": "icc"})
        if document.profile is not None:
            tensors["icc"] = Tensor("U8", (len(document.profile),), document.profile)
    if work.mask is not None:
        tensors["mask"] = _tensor(crop(work.mask, capture))
        inputs["mask"] = covered
    named = mentioned(str(options.get("prompt", "")))  # a daemon of before knows no names
    for role, picture in work.further.items():
        tensors[role] = Tensor("U8", (len(picture.content),), picture.content)
        inputs[role] = {"media_type": picture.media_type} | ({"name": picture.name} if picture.name in named else {})
    message = {
        **shared,
        "version": spec.version,
        "params": options,
        "inputs": inputs,
        "models": [
            *([] if model is None else [{"model": model}]),
            *({"model": name, "role": "lora", "weight": weight} for name, weight in work.loras),
            *({"model": name, "role": "refiner", "start": start} for name, start in work.refiners),
        ],
        "client_data": {"replaced": json.dumps(work.replaces_all)},
    }
    parts: list[Buffer] = encode(message, tensors)
    headers = {"Content-Type": "application/octet-stream"}
    return json.loads(connection.raw("POST", "/v1/jobs", parts, headers))["id"]


def _added(options: argparse.Namespace) -> tuple[Sequence[tuple[str, float]], Sequence[tuple[str, float]]]:
    """LoRAs and refiners, as Work has them."""
    refiner: tuple[str, float] | None = getattr(options, "refiner", None)
    return getattr(options, "lora", ()), () if refiner is None else (refiner,)


def _name(image: str | None) -> str:
    return os.fsencode(Path(image).name).decode("utf-8", "replace") if image else ""


def _tensor(pixels: Pixels) -> Tensor:
    names = {dtype: name for name, dtype in ELEMENTS.items()}
    little = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    return Tensor(names[little.dtype], little.shape, little.reshape(-1).data.cast("B"))
