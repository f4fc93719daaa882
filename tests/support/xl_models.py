"""A folder of tiny models of Stable Diffusion XL, as users have them: `python -m tests.support.xl_models FOLDER`.

`sketch` is a diffusers folder with the defaults of its family; `sketch_lightning_2step.safetensors` a single file whose
name tells what it was distilled to.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bridge_server.families.stable_diffusion_xl.tiny import build

from .tiny_checkpoint import write_checkpoint

PLAIN, LIGHTNING = "sketch", "sketch_lightning_2step"


def write_models(folder: Path) -> None:
    made = build(folder / PLAIN)
    described = made / "layerbridge.json"
    described.write_text(json.dumps({"license": "Apache-2.0"}))
    write_checkpoint(made, folder / f"{LIGHTNING}.safetensors")
    described.write_text("{}")


if __name__ == "__main__":
    write_models(Path(sys.argv[1]))
