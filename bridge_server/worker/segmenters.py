"""Networks that find a subject: the one that ships, or an ONNX file of the user's."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..edit.matting import Refiner
from ..edit.source import Image
from ..edit.subject import DARKEST, DEVIATION, MEAN, Network, SmallNetwork, normalized
from ..errors import BridgeError, ErrorCode
from ..models.onnx import read_onnx
from ..models.weights import REFINER, SUBJECT, shipped
from ..protocol.tasks import ModelRef

ROUNDING = 1e-3  # what a mask of 0 to 1 may be beyond that


@dataclass(frozen=True)
class Values:
    """How a network was given its pictures when it was trained: (values - mean) / deviation, of sRGB 0 to 1.

    of_brightest: after they were divided by the brightest of them.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    of_brightest: bool = False


ZERO, HALF, ONE = (0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)
# By words of a file's name, the first that is in it: as the makers' own inference code has it (docs/models.md).
KNOWN: Mapping[str, Values] = {
    **dict.fromkeys(("isnetis", "isnet-anime", "isnet_anime"), Values(ZERO, ONE)),
    **dict.fromkeys(("isnet", "rmbg-1", "rmbg_1", "rmbg1"), Values(HALF, ONE)),
    **dict.fromkeys(("u2net", "silueta"), Values(MEAN, DEVIATION, of_brightest=True)),
}
OTHERS = Values(MEAN, DEVIATION)  # BiRefNet, RMBG 2.0

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def network_for(model: ModelRef | None) -> Network:
    """None: the one that ships. Raises BridgeError (model_not_found, model_unreadable)."""
    if model is None:
        return SmallNetwork(shipped(SUBJECT))
    return OnnxNetwork(Path(model.path), model.native_resolution)


def shipped_refiner() -> Refiner:
    """Raises BridgeError (model_not_found)."""
    return Refiner(shipped(REFINER))


class OnnxNetwork:
    """An ISNet, BiRefNet, U²-Net or the like: one picture in, and the mask first of what comes out.

    onnxruntime runs it where it is installed, else OpenCV, which knows fewer kinds of layers.
    """

    def __init__(self, path: Path, side: int) -> None:
        """Raises BridgeError (model_unreadable) where neither can run it."""
        self.side = side
        self._name = path.name
        name = path.stem.lower()
        self._values = next((values for word, values in KNOWN.items() if word in name), OTHERS)
        try:
            self._run = _runner(path)
        except Exception as error:  # whatever a runtime says of a file that it cannot run
            raise self._unreadable(error) from error

    def look(self, seen: Image) -> NDArray[np.float32]:
        """Raises BridgeError (model_unreadable)."""
        try:
            found = self._run(self._given(seen))
        except Exception as error:  # whatever a runtime says of a file that it cannot run
            raise self._unreadable(error) from error
        mask = np.asarray(found, np.float32).reshape(-1, *found.shape[-2:])[0]
        if not np.isfinite(mask).all():
            raise BridgeError(ErrorCode.BAD_OUTPUT, f"{self._name} gave no mask (not a number). Choose another model.")
        if mask.min() < -ROUNDING or mask.max() > 1 + ROUNDING:  # before the last sigmoid, as of BiRefNet
            mask = 1 / (1 + np.exp(-mask.clip(-60, 60)))
        return np.asarray(mask, np.float32)

    def _given(self, seen: Image) -> NDArray[np.float32]:
        values = self._values
        if values.of_brightest:
            seen = seen / np.float32(max(float(seen.max()), DARKEST))
        return normalized(seen, values.mean, values.deviation)

    def _unreadable(self, error: Exception) -> BridgeError:
        message = (
            f"{self._name} cannot be run. Installing onnxruntime beside Layerbridge may help: it knows more kinds of "
            "layers. Else choose another model."
        )
        return BridgeError(ErrorCode.MODEL_UNREADABLE, message, str(error)[:1000])


def _runner(path: Path) -> Run:
    try:
        runtime: Any = importlib.import_module("onnxruntime")
    except ImportError:
        return _by_opencv(path)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given, made = session.get_inputs()[0].name, session.get_outputs()[0].name
    return lambda values: session.run([made], {given: values})[0]


def _by_opencv(path: Path) -> Run:
    net = cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))
    first = read_onnx(path).outputs[0].name

    def run(values: NDArray[np.float32]) -> NDArray[np.float32]:
        net.setInput(values)
        return np.asarray(net.forward(first), np.float32)

    return run
