"""The small networks that ship with Layerbridge (bridge_server/models/shipped): not models that a user chooses."""

from __future__ import annotations

from pathlib import Path

from ..errors import BridgeError, ErrorCode

FOLDER = Path(__file__).parent / "shipped"
SUBJECT = "u2netp.onnx"
REFINER = "refiner.onnx"
UPSCALER = "realesr-animevideov3.safetensors"


def shipped(name: str) -> Path:
    """The file. Raises BridgeError (model_not_found) where the installation lacks it."""
    path = FOLDER / name
    if not path.is_file():
        raise BridgeError(
            ErrorCode.MODEL_NOT_FOUND,
            f"The file {name} of Layerbridge is missing. Install Layerbridge again.",
            str(path),
        )
    return path
