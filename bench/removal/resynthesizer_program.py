"""`python resynthesizer_program.py ENGINE PICTURE HOLE RESULT`: the resynthesizer's engine as Heal Selection uses it.

Sampled from 50 pixels around the hole, filled in random order, 16 neighbours, 500 probes, sensitivity 0.117: the
defaults of GIMP's plug-in. A process of its own, because the engine is under the GPL.
"""

from __future__ import annotations

import ctypes
import sys

import cv2
import numpy as np

AROUND = 50  # pixels
RANDOM_ORDER = 1
SENSITIVITY, NEIGHBORS, PROBES, MAP_WEIGHT = 0.117, 16, 500, 0.5
RGB = 0  # the engine's number for it


class Buffer(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("width", ctypes.c_uint),
        ("height", ctypes.c_uint),
        ("row_bytes", ctypes.c_size_t),
    )


class Parameters(ctypes.Structure):
    _fields_ = (
        ("tileable_across", ctypes.c_int),
        ("tileable_down", ctypes.c_int),
        ("context", ctypes.c_int),
        ("map_weight", ctypes.c_double),
        ("sensitivity", ctypes.c_double),
        ("neighbors", ctypes.c_uint),
        ("probes", ctypes.c_uint),
    )


Told = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)


def heal(engine: str, picture: np.ndarray, hole: np.ndarray) -> None:
    """Fills the picture (h, w, 3) in place. Raises RuntimeError with the engine's number where it fails."""
    height, width = hole.shape
    image = Buffer(picture.ctypes.data, width, height, 3 * width)
    mask = Buffer(hole.ctypes.data, width, height, width)
    parameters = Parameters(0, 0, RANDOM_ORDER, MAP_WEIGHT, SENSITIVITY, NEIGHBORS, PROBES)
    failed = ctypes.CDLL(engine).imageSynth(
        ctypes.byref(image), ctypes.byref(mask), RGB, ctypes.byref(parameters), Told(lambda percent, context: None),
        None, ctypes.byref(ctypes.c_int(0)),
    )  # fmt: skip
    if failed:
        raise RuntimeError(f"the engine gave {failed}")


if __name__ == "__main__":
    path, image_path, hole_path, wanted = sys.argv[1:]
    whole, covered = cv2.imread(image_path), cv2.imread(hole_path, cv2.IMREAD_GRAYSCALE)
    x, y, w, h = cv2.boundingRect(covered)
    place = slice(max(0, y - AROUND), y + h + AROUND), slice(max(0, x - AROUND), x + w + AROUND)
    part = np.ascontiguousarray(whole[place])
    heal(path, part, np.ascontiguousarray(covered[place]))
    whole[place] = part
    cv2.imwrite(wanted, whole)
