"""`python -m starter_training.matting.run --backgrounds FOLDER --out FOLDER`: makes the refiner, refiner.onnx.

FOLDER/shards and FOLDER/refiner.pt are gone on from. The photographs are those of `starter_training.run`, whose
folder `backgrounds` they lie in; the font is found where fonts-noto-color-emoji puts it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

from bridge_server.edit.subject import SmallNetwork
from bridge_server.models.weights import SUBJECT, shipped

from ..fetch import fetch_backgrounds
from .export import to_onnx
from .samples import SHARDS, make_shards
from .sources import training_glyphs, training_photographs
from .train import STEPS, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backgrounds", type=Path, required=True, help="fetched where the folder is not there")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--font", type=Path, help="NotoColorEmoji.ttf, where it is not found by itself")
    parser.add_argument("--shards", type=int, default=SHARDS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if not options.backgrounds.exists():
        fetch_backgrounds(options.backgrounds)
    folder = options.out / "shards"
    folder.mkdir(parents=True, exist_ok=True)
    photos, glyphs = training_photographs(options.backgrounds), training_glyphs(options.font)
    for path in make_shards(folder, options.shards, photos, glyphs, SmallNetwork(shipped(SUBJECT))):
        print(path, flush=True)
    shards = [np.load(folder / f"{number:03}.npy", mmap_mode="r") for number in range(options.shards)]
    refiner = train(shards, options.out, options.steps)
    (options.out / "refiner.onnx").write_bytes(to_onnx(refiner))


if __name__ == "__main__":
    main()
