"""A worker that runs the toy too: `python -m tests.operations.all_roles.worker`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from bridge_server.protocol.envelope import Box
from bridge_server.protocol.frame import Tensor, encode
from bridge_server.protocol.messages import FRAME, ResultMessage
from bridge_server.worker.main import main
from bridge_server.worker.operations.base import JPEG, THUMBNAIL, Artifact, Inputs, Meta, RunContext
from bridge_server.worker.operations.registry import builtin_runners

from . import ALL_ROLES, with_all_roles

DTYPES = {"u1": "U8", "u2": "U16", "f4": "F32"}
FULL = {"u1": 255.0, "u2": 65535.0, "f4": 1.0}


def run(context: RunContext, params: BaseModel, inputs: Inputs) -> Iterator[Artifact]:
    """A layer of the reference's mean color, the right half of the box (or of the mask) as the subject, the picture
    at twice its size, and words about all that came."""
    context.watch.stage("working")
    image = inputs["image"]
    height, width = image.shape[:2]
    mask = inputs.get("mask")
    right = np.zeros((height, width), np.uint8)
    right[:, width // 2 :] = 255
    subject = right if mask is None else np.minimum(right, mask)
    color = inputs["reference/1"].reshape(-1, inputs["reference/1"].shape[2])[:, :3].astype(np.float64).mean(axis=0)
    scale = FULL[image.dtype.str[1:]] / FULL[inputs["reference/1"].dtype.str[1:]]
    layer = np.empty((height, width, 4), image.dtype)
    layer[..., :3] = color * scale * (getattr(params, "brightness", 50) / 50)
    layer[..., 3] = FULL[image.dtype.str[1:]]
    whole = np.full((height, width), 255, np.uint8)
    large = np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)
    told = ", ".join(f"{role} {'x'.join(map(str, array.shape))}" for role, array in sorted(inputs.items()))
    made = partial(_artifact, context)
    yield Artifact(THUMBNAIL, context.task.index, JPEG, [_jpeg(layer)], Meta())
    yield made("layer", {"image": layer, "mask": whole if mask is None else mask})
    yield made("subject", {"mask": subject})
    yield made("large", {"image": large})
    yield made("words", {}, text=f"What came: {told}.")


def _artifact(context: RunContext, role: str, arrays: Mapping[str, NDArray[Any]], text: str | None = None) -> Artifact:
    request, bounds = context.order.request, context.order.source.bounds
    box = Box(x=bounds.x, y=bounds.y, width=bounds.width, height=bounds.height)
    message = ResultMessage(
        operation=request.operation,
        role=role,
        index=context.task.index,
        bounds=box,
        canvas=box,
        seed=context.task.seed,
        steps_run=0,
        model=None,
        request=request,
        text=text,
    )
    tensors = {
        name: Tensor(DTYPES[array.dtype.str[1:]], array.shape, np.ascontiguousarray(array).data.cast("B"))
        for name, array in arrays.items()
    }
    frame = encode(message.model_dump(mode="json"), tensors)
    return Artifact(role, context.task.index, FRAME, frame, Meta(bounds, context.task.seed))


def _jpeg(layer: NDArray[Any]) -> bytes:
    eight = (layer[..., 2::-1] / FULL[layer.dtype.str[1:]] * 255).clip(0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", eight)[1].tobytes()


if __name__ == "__main__":
    sys.exit(main(operations=with_all_roles(), runners={**builtin_runners(), ALL_ROLES.name: run}))
