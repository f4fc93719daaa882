"""A worker that runs the toy, and models of the toy family, too: `python -m tests.gimp.toy.worker`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from bridge_server.plan.bounds import Bounds
from bridge_server.protocol.frame import Tensor, encode
from bridge_server.protocol.messages import FRAME
from bridge_server.worker.main import main
from bridge_server.worker.operations.base import Artifact, Meta, RunContext
from bridge_server.worker.operations.registry import builtin_runners
from tests.families.toy import registry

from . import NewerParams, toy, with_toy


def run(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
    """The source inverted as a layer, its middle as a selection, the reference inverted as a document, and a text."""
    request, image, style = context.order.request, inputs["image"], inputs["reference/1"]
    box = request.bounds
    bounds = Bounds(box.x, box.y, box.width, box.height)
    opaque = np.full((box.height, box.width), 255, np.uint8)
    middle = np.zeros_like(opaque)
    middle[box.height // 4 : -(box.height // 4), box.width // 4 : -(box.width // 4)] = 255
    pose = inputs.get("control/1")
    told = f"amount {params.toy_amount}, newer {params.toy_newer}, style {style.shape}"
    told += f", pose {None if pose is None else pose.shape}"
    yield made(context, "layer", bounds, image=np.dstack([255 - image[..., :3], opaque]), mask=opaque)
    yield made(context, "selection", bounds, mask=middle)
    yield made(context, "document", bounds, image=np.ascontiguousarray(255 - style[..., :3]))
    yield made(context, "text", bounds, text=told)


def made(
    context: RunContext, role: str, bounds: Bounds, text: str | None = None, **arrays: NDArray[np.uint8]
) -> Artifact:
    task, request = context.task, context.order.request
    box = {"x": bounds.x, "y": bounds.y, "width": bounds.width, "height": bounds.height}
    canvas = {"x": 0, "y": 0, "width": request.document.width, "height": request.document.height}
    message = {
        "operation": request.operation,
        "role": role,
        "index": task.index,
        "bounds": box,
        "canvas": canvas,
        "seed": task.seed,
        "steps_run": 0,
        "model": None,
        "request": request.model_dump(mode="json"),
        "warnings": [],
        "seconds": 0.0,
        "edit_seconds": 0.0,
        "text": text,
    }
    tensors = {name: Tensor("U8", array.shape, array.tobytes()) for name, array in arrays.items()}
    return Artifact(role, task.index, FRAME, encode(message, tensors), Meta(bounds))


if __name__ == "__main__":
    operation = toy(NewerParams)
    runners = {**builtin_runners(), operation.name: run}
    sys.exit(main(families=registry(), operations=with_toy(operation), runners=runners))
