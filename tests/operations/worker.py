"""A worker that can play with the toy too: `python -m tests.operations.worker`."""

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
from bridge_server.worker.operations.base import JPEG, THUMBNAIL, Artifact, Meta, RunContext
from bridge_server.worker.operations.registry import builtin_runners
from bridge_server.worker.watch import encode_jpeg

from .toy import ToyParams, with_toy


def play(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
    """A layer of one gray, as bright as the amount says."""
    assert isinstance(params, ToyParams)
    request, task = context.order.request, context.task
    box = request.bounds
    context.watch.stage("encoding")
    image = np.full((box.height, box.width, 4), 255, np.uint8)
    image[:, :, :3] = 20 * params.toy_amount
    message = {
        "operation": request.operation,
        "role": "layer",
        "index": task.index,
        "bounds": box.model_dump(),
        "canvas": {"x": 0, "y": 0, "width": request.document.width, "height": request.document.height},
        "seed": task.seed,
        "steps_run": 0,
        "model": None,
        "request": request.model_dump(mode="json"),
    }
    tensors = {
        "image": Tensor("U8", image.shape, image.tobytes()),
        "mask": Tensor("U8", image.shape[:2], bytes([255]) * (box.width * box.height)),
    }
    meta = Meta(Bounds(box.x, box.y, box.width, box.height), task.seed, more={"amount": params.toy_amount})
    yield Artifact(THUMBNAIL, task.index, JPEG, [encode_jpeg(image[:, :, :3], 80)], meta)
    yield Artifact("layer", task.index, FRAME, encode(message, tensors), meta)


if __name__ == "__main__":
    sys.exit(main(operations=with_toy(), runners={**builtin_runners(), "toy": play}))
