"""The encoder of the U²-Net-p that Layerbridge ships, as eyes for DISTS."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from bridge_server.edit.subject import DEVIATION, MEAN
from bridge_server.models.weights import SUBJECT, shipped

from .measures import Floats

SIDE = 224  # pixels that are looked at, each way; the network's own 320 takes three times as long
STAGES = tuple(f"onnx_node!Add_{number}" for number in (134, 245, 331, 392, 413))  # what is handed to the next stage


def features(picture: Floats) -> list[Floats]:
    """The picture (h, w, 3) itself, h and w at most SIDE, and what each stage makes of it: (channels, h, w), 0 up.

    What is missing to SIDE is mirrored, and cut off again.
    """
    height, width = picture.shape[:2]
    framed = cv2.copyMakeBorder(picture, 0, SIDE - height, 0, SIDE - width, cv2.BORDER_REFLECT)
    net = _encoder()
    net.setInput(((framed - np.float32(MEAN)) / np.float32(DEVIATION)).transpose(2, 0, 1)[None])
    stages = [np.array(stage[0], np.float32) for stage in net.forward(STAGES)]
    cut = [stage[:, : -(-height * stage.shape[1] // SIDE), : -(-width * stage.shape[2] // SIDE)] for stage in stages]
    return [picture.transpose(2, 0, 1), *cut]


@lru_cache(maxsize=1)
def _encoder() -> cv2.dnn.Net:
    return cv2.dnn.readNetFromONNX(str(shipped(SUBJECT)), engine=cv2.dnn.ENGINE_CLASSIC)  # it gives layers in between
