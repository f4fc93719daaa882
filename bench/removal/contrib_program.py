"""`python contrib_program.py METHOD PICTURE HOLE RESULT`: fills by a method of OpenCV's xphoto module."""

from __future__ import annotations

import sys

import cv2
import numpy as np

MARGIN = 48  # pixels around the hole's parts that frequency selective reconstruction looks at


def shiftmap(picture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """He and Sun, Statistics of Patch Offsets for Image Completion (2012); colours as the module's page asks for."""
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2Lab)
    result = np.zeros_like(lab)
    cv2.xphoto.inpaint(lab, known, result, cv2.xphoto.INPAINT_SHIFTMAP)
    return cv2.cvtColor(result, cv2.COLOR_Lab2BGR)


def selective(picture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Genser, Seiler, Schilling and Kaup, Signal and Loss Geometry Aware FSR (2018), the fast setting."""
    x, y, width, height = cv2.boundingRect(255 - known)
    rows, columns = slice(max(0, y - MARGIN), y + height + MARGIN), slice(max(0, x - MARGIN), x + width + MARGIN)
    part, shown = np.ascontiguousarray(picture[rows, columns]), np.ascontiguousarray(known[rows, columns])
    result = np.zeros_like(part)
    cv2.xphoto.inpaint(part, shown, result, cv2.xphoto.INPAINT_FSR_FAST)
    whole = picture.copy()
    whole[rows, columns] = result
    return whole


METHODS = {"SHIFTMAP": shiftmap, "FSR": selective}


if __name__ == "__main__":
    cv2.setNumThreads(1)
    name, image, hole, wanted = sys.argv[1:]
    covered = cv2.imread(hole, cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(wanted, METHODS[name](cv2.imread(image), 255 - covered))
