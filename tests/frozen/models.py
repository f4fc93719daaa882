"""The models that the cases are painted with: the shipped one, and tiny ones with seeded weights."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.tiny import build_tiny
from tests.support.tiny_checkpoint import write_checkpoint

SHIPPED = "starter"
SETTINGS = {
    "tiny": {"family": "sd1", "steps": 4, "guidance_scale": 3.0},
    "plain": {"family": "sd1", "steps": 4, "guidance_scale": 3.0},
    "velocity": {"family": "sd2", "steps": 4, "guidance_scale": 3.0},
}


def build_models(folder: Path) -> None:
    """Write tiny, plain (4 channels), velocity (v-prediction) and file (tiny as one file) into a folder of models.

    Their layerbridge.json has only what every tree understands.
    """
    build_tiny(folder / "tiny")
    build_tiny(folder / "plain", inpaint=False, seed=1)
    build_tiny(folder / "velocity", inpaint=False, prediction_type="v_prediction", seed=2)
    for name, settings in SETTINGS.items():
        (folder / name / "layerbridge.json").write_text(json.dumps(settings), encoding="utf-8")
    write_checkpoint(folder / "tiny", folder / "file.safetensors")
