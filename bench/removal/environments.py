"""`python -m bench.removal.environments FROM TO NAME...`: environment photographs (OpenEXR in scripts) as PNG.

Runs in the environment that `bench.removal.gather` makes, since the product's has no OpenEXR.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from starter_training.backgrounds import EXPOSURES, read_environment, tone_map


def main(source: Path, target: Path, names: list[str]) -> None:
    for name in names:
        picture = tone_map(read_environment(source / name), EXPOSURES[0])
        Image.fromarray(picture).save(target / f"hdri-{name.split('.')[0]}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
