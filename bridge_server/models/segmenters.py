"""ONNX files that find a picture's subject: which those are (standard library only)."""

from __future__ import annotations

from pathlib import Path

from ..errors import BridgeError, ErrorCode
from .described import SEGMENTER, Model, network, refused
from .header import sampled
from .onnx import FLOAT32, Info, OnnxFile, read_onnx

SIDES = range(64, 4097)  # pixels of the square that is looked at
ANY_SIDE = 1024  # where the file takes any


def describe_onnx(file: Path, size: int) -> Model:
    """A segmenter, or a refusal that says what it is instead. Raises nothing for what is wrong with the file."""
    try:
        side = side_of(read_onnx(file))
    except BridgeError as error:
        return refused(file.stem, file, "file", "", error.code, error.message, size)
    if side is None:
        note = (
            f"{file.name} is an ONNX file that finds no subject: that takes one float picture (1, 3, side, side), and "
            "gives a mask first. What paints is needed as .safetensors version."
        )
        return refused(file.stem, file, "file", "", ErrorCode.UNSUPPORTED, note, size)
    note = f"Finds the subject of a picture, at {side} pixels."
    return network(file, SEGMENTER, note, side, size=size, fingerprint=sampled(file))


def side_of(file: OnnxFile) -> int | None:
    """How many pixels it looks at each way; None where it is no segmenter.

    One picture goes in (weights may be listed as inputs too, in older files), and a mask comes out first.
    """
    pictures = [one for one in file.inputs if _is_picture(one)]
    if len(pictures) != 1 or not file.outputs:
        return None
    mask = file.outputs[0].shape
    if len(mask) not in (3, 4, 0) or (len(mask) == 4 and mask[1] > 1):
        return None
    return pictures[0].shape[2] or ANY_SIDE


def _is_picture(given: Info) -> bool:
    if given.element != FLOAT32 or len(given.shape) != 4:
        return False
    batch, channels, height, width = given.shape
    return batch in (0, 1) and channels == 3 and height == width and (height == 0 or height in SIDES)
