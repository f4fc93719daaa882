"""A worker that can paint strokes too: `python -m tests.operations.live.worker`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from bridge_server.worker.artifacts import layer
from bridge_server.worker.main import main
from bridge_server.worker.operations.base import Artifact, RunContext
from bridge_server.worker.operations.registry import builtin_runners

from ..toy import ToyParams
from . import ENDLESS, with_live


def stroke(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
    """What was sent, brighter by 20 for each amount, as a layer."""
    assert isinstance(params, ToyParams)
    context.watch.stage("encoding")
    while params.toy_amount == ENDLESS:
        context.watch.check()
        time.sleep(0.005)
    image = inputs["image"]
    alpha = np.full((*image.shape[:2], 1), 255, np.uint8)
    brighter = np.concatenate([image + np.uint8(20 * params.toy_amount), alpha], axis=2)
    yield from layer(context, "layer", brighter, alpha[:, :, 0], context.order.source.bounds)


if __name__ == "__main__":
    sys.exit(main(operations=with_live(), runners={**builtin_runners(), "stroke": stroke}))
