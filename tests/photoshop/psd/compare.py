"""Compare what psd-tools makes of a PSD with the fake's own composite: compare.py DOCUMENT.psd COMPOSITE.rgba"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psd_tools.composite
from psd_tools import PSDImage


def described(layer: Any) -> dict[str, Any]:
    mask = layer.mask
    return {
        "name": layer.name,
        "bounds": list(layer.bbox),
        "visible": layer.visible,
        "opacity": layer.opacity,
        "mask": mask and {"bounds": list(mask.bbox), "outside": mask.background_color},
        "children": [described(child) for child in layer] if layer.is_group() else None,
    }


def main(document: str, composite: str) -> None:
    psd = PSDImage.open(document)
    color, _, alpha = psd_tools.composite.composite(psd, force=True)
    theirs = np.concatenate([color, alpha], axis=2).astype(np.float64) * 255.0
    ours = np.frombuffer(Path(composite).read_bytes(), np.uint8).reshape(theirs.shape)
    visible = ours[..., 3] > 0  # the color of what is transparent means nothing
    # Ours is rounded: it is the same picture where it is within half a step, and a little for their single precision.
    steps = np.ceil(np.abs(theirs - ours) - 0.5 - 1e-3).clip(0)
    difference = max(steps[visible].max(initial=0.0), steps[..., 3].max())
    print(json.dumps({"difference": int(difference), "layers": [described(layer) for layer in psd]}))


main(*sys.argv[1:])
