"""Real photographs to cut cases from: scikit-image's samples that its wheel carries, and a folder of one's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

# Public domain or CC0; scikit-image's data/README.txt names their sources.
PACKAGED = (
    "astronaut.png",
    "coffee.png",
    "chelsea.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "hubble_deep_field.jpg",
    "retina.jpg",
    "ihc.png",
    "camera.png",
    "brick.png",
    "grass.png",
    "gravel.png",
    "coins.png",
    "moon.png",
)
LARGEST = 900  # pixels of the longer side: beyond it these photographs hold no detail per pixel


def photographs(folder: Path | None = None) -> dict[str, NDArray[np.float32]]:
    """Name -> (H, W, 3) float32 sRGB 0 to 1. Raises ValueError for a folder without pictures."""
    packaged = Path(str(files("skimage") / "data"))
    paths = [packaged / name for name in PACKAGED]
    if folder is not None:
        more = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif"))
        if not more:
            raise ValueError(f"{folder} holds no PNG, JPEG or TIFF pictures")
        paths += more
    return {path.stem: _read(path) for path in paths}


def _read(path: Path) -> NDArray[np.float32]:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    if pixels is None:
        raise ValueError(f"{path} is not a picture that can be read")
    image = np.asarray(pixels, np.float32) / (65535 if pixels.dtype == np.uint16 else 255)
    shrink = LARGEST / max(image.shape[:2])
    if shrink < 1:
        image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.float32)
